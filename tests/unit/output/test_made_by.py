"""What a finished file says of how its picture was made."""

from __future__ import annotations

from drapto.about import VERSION
from drapto.encoding.record import EncodedSegment, Stretch
from drapto.media.matroska import ids
from drapto.media.matroska.ebml import Element
from drapto.output.made_by import encoder_tag
from drapto.output.tags import is_encoder_tag, kept_tags
from drapto.versions import Versions


def record(index: int, crf: float, *stretches: tuple[int, float]) -> EncodedSegment:
    return EncodedSegment(
        index=index,
        strategy="chunked",
        crf=crf,
        preset=6,
        attempts=1,
        frames=10,
        bytes=100,
        seconds=1,
        cpu_seconds=1,
        stretches=tuple(Stretch(frames=frames, crf=one) for frames, one in stretches),
        versions=Versions(svt_av1="v4.2.0", ffmpeg="9.0.2"),
        program="/opt/secret/ffmpeg",
    )


def test_it_names_versions_and_settings_and_no_path() -> None:
    made = [record(1, 25), record(2, 28.5, (5, 27.25), (5, 29.75))]
    tag = encoder_tag(made, "tune=0:fgs-table=/home/me/grain.tbl", film_grain=True, quality=None)
    assert tag.encoder == f"drapto {VERSION}, SVT-AV1 v4.2.0"
    assert tag.settings == "preset=6 / crf=25-29.75 / film-grain=synthesised / tune=0"
    assert "/home" not in str(tag)
    fixed = encoder_tag(made[:1], "tune=0", film_grain=False, quality=None)
    assert fixed.settings == "preset=6 / crf=25 / tune=0"


def test_the_tag_of_the_encode_before_is_replaced() -> None:
    tag = encoder_tag([record(1, 25)], "tune=0", film_grain=False, quality=None).element(7)
    assert is_encoder_tag(tag)
    tags = Element(ids.TAGS, (tag,))
    assert list(kept_tags(tags, gone=(), encoded={7})) == []
    assert list(kept_tags(tags, gone=(), encoded=())) == [tag]
