"""What every port that listens needs: accepting, seeing how a peer begins, room for strangers."""
