"""What a title's page says of its settings."""

from __future__ import annotations

from drapto.report.title import flat


def test_settings_are_written_as_people_write_them() -> None:
    """A page said 0.09411764705882353, True and None."""
    settings = {
        "crop": {"enabled": True, "rect": None, "threshold": 24 / 255},
        "encode": {"crf": 40.0, "preset": 6, "svt_params": "tune=0"},
        "audio": [{"kbps": 128.0}, {"kbps": 27.25}],
        "tracks": ["eng", "jpn"],
    }
    assert dict(flat(settings)) == {
        "crop.enabled": "true",
        "crop.rect": "unset",
        "crop.threshold": "0.09412",
        "encode.crf": "40",
        "encode.preset": "6",
        "encode.svt_params": "tune=0",
        "audio.1.kbps": "128",
        "audio.2.kbps": "27.25",
        "tracks": "eng, jpn",
    }
