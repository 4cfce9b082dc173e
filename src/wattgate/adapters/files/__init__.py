"""Files on the wire: HTTP for wallboxes, HTTP and FTP towards backends."""
