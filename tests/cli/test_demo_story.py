import pytest

from wattgate.cli.demo_site import PASSWORDS, wallboxes
from wattgate.cli.demo_story import STORY, STORY_S, Scene
from wattgate.core.wallbox.lines import Misunderstood, read_line


@pytest.mark.parametrize("scene", STORY, ids=lambda scene: scene.words)
def test_every_scene_is_understood_by_a_wallbox_of_the_garage(scene: Scene) -> None:
    assert scene.station_id in {box.station_id for box in wallboxes(("",) * PASSWORDS)}
    for line in scene.lines:
        assert not isinstance(read_line(line), Misunderstood | None)


def test_the_story_goes_forward_and_has_an_end() -> None:
    times_s = [scene.at_s for scene in STORY]
    assert [0.0, *times_s, STORY_S] == sorted({0.0, *times_s, STORY_S})


def test_all_three_are_there_before_a_short_demo_is_over() -> None:
    assert {scene.station_id for scene in STORY if scene.at_s <= 5} == {"CP1", "CP2", "CP3"}


def test_at_the_end_everybody_has_left_so_that_it_can_begin_again() -> None:
    plugged: set[str] = set()
    for scene in STORY:
        for line in scene.lines:
            if line == "plug":
                assert scene.station_id not in plugged
                plugged.add(scene.station_id)
            if line == "unplug":
                plugged.remove(scene.station_id)
    assert plugged == set()
