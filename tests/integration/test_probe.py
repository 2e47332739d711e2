"""Probing real files: every count and timestamp is held against what ffmpeg's command line decodes."""

from __future__ import annotations

import hashlib
import re
import resource
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import pytest

from drapto.errors import SourceError
from drapto.media.model import SourceInfo, VideoTrack
from drapto.media.probe import inspect, probe_source
from drapto.media.timestamps import read_timestamps
from tests import clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MS = 1_000_000
NS = 1_000_000_000


def decoded_times(ffmpeg: Path, source: Path, frames: int = 1_000_000, *, start: float = 0) -> list[int]:
    """Return the times of the first frames, from ``start`` on, that ffmpeg decodes, nanoseconds."""
    exact = ["-copyts", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-frames:v", str(frames)]
    output = [*exact, "-vf", "scale=16:16:flags=neighbor", "-c:v", "rawvideo", "-f", "framecrc", "-"]
    seek = ["-copyts", "-ss", str(start)] if start else []
    lines = clips.run_ffmpeg(ffmpeg, *seek, "-i", f"file:{source}", "-map", "0:V:0", *output)
    return [int(line.split(b",")[2]) * MS for line in lines.splitlines() if not line.startswith(b"#")]


def from_second_keyframe(whole: Path, target: Path) -> None:
    """Copy packets from the second keyframe on, leading pictures included, as a cut disc has them."""
    with av.open(str(whole)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        keys = 0
        for packet in source.demux(video=0):
            keys += packet.is_keyframe
            if keys > 1 and packet.size:
                packet.stream = stream
                out.mux(packet)


@pytest.fixture(scope="module")
def tracks(ffmpeg: Path, clip_cache: Path) -> Path:
    return clips.make_tracks(ffmpeg, clip_cache / "tracks.mkv")


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2"])
def test_open_gop_clips_are_counted_from_their_packets(ffmpeg: Path, clip_cache: Path, codec: str) -> None:
    source = clips.make_open_gop(ffmpeg, clip_cache / f"open-{codec}.mkv", codec)
    info, times = inspect(source)
    assert times == decoded_times(ffmpeg, source)
    assert (info.video.frames, info.video.counted) == (96, "packets")
    assert (info.video.rate, info.video.variable) == (Fraction(25), False)
    assert inspect(source, frame_index="decode")[1] == times


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2"])
def test_leading_pictures_at_the_start_are_dropped_as_the_decoder_drops_them(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path, codec: str
) -> None:
    whole = clips.make_open_gop(ffmpeg, clip_cache / f"open-{codec}.mkv", codec)
    source = tmp_path / "from-the-second-keyframe.mkv"
    from_second_keyframe(whole, source)
    info, times = inspect(source)
    assert times == decoded_times(ffmpeg, source)
    assert info.video.counted == "packets"
    assert info.video.packets > info.video.frames
    assert info.video.start == times[0] / NS > 0


def test_a_variable_rate_keeps_every_timestamp(ffmpeg: Path, clip_cache: Path) -> None:
    source = clips.make_vfr(ffmpeg, clip_cache / "vfr.mkv")
    info, times = inspect(source)
    assert times == decoded_times(ffmpeg, source)
    assert info.video.variable
    assert len({later - earlier for earlier, later in pairwise(times)}) > 3


def test_a_codec_that_may_hide_frames_is_decoded(ffmpeg: Path, clip_cache: Path) -> None:
    source = clips.make_clip(ffmpeg, clip_cache / "mpeg4.mkv", codec="mpeg4", bframes=0)
    info, times = inspect(source)
    assert info.video.counted == "decoded"
    assert times == decoded_times(ffmpeg, source)
    assert inspect(source, frame_index="packets")[0].video.counted == "packets"


def test_a_damaged_start_is_a_doubt_that_decoding_settles(
    ffmpeg: Path, clip_cache: Path, tmp_path: Path
) -> None:
    whole = clips.make_clip(ffmpeg, clip_cache / "h264.mkv")
    content = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packet = bytes(next(container.demux(video=0)))
    at = content.find(packet)
    content[at : at + len(packet)] = b"\xff" * len(packet)
    source = tmp_path / "damaged.mkv"
    source.write_bytes(content)
    info, times = inspect(source)
    assert info.video.counted == "decoded"
    assert times == decoded_times(ffmpeg, source)


def test_a_place_that_cannot_be_read_is_refused(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    whole = clips.make_clip(ffmpeg, clip_cache / "h264.mkv").read_bytes()
    source = tmp_path / "damaged.mkv"
    for share in (0.005, 0.3, 0.7):
        content = bytearray(whole)
        at = int(len(content) * share)
        content[at : at + 8000] = bytes(8000)
        source.write_bytes(content)
        assert "is damaged (" in refusal(source)
    # what is left of it can be encoded
    remuxed = tmp_path / "remuxed.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", source, "-c", "copy", remuxed)
    assert 0 < inspect(remuxed)[0].video.frames < 48


def test_every_track_is_described(tracks: Path) -> None:
    info, _ = inspect(tracks)
    stereo, surround, mono = info.audio
    assert (stereo.codec, stereo.language, stereo.title) == ("aac", "eng", "Stereo")
    assert (stereo.layout, stereo.channels, stereo.dispositions) == ("stereo", 2, ("default",))
    assert (surround.codec, surround.language, surround.title) == ("ac3", "fre", None)
    assert (surround.layout, surround.dispositions) == ("5.1(side)", ())
    assert surround.start == pytest.approx(0.4, abs=0.02)
    assert surround.end == pytest.approx(2.0, abs=0.05)
    assert (mono.codec, mono.language, mono.layout, mono.sample_rate) == ("flac", None, "mono", 44100)
    assert mono.end == pytest.approx(1.0, abs=0.05)
    english, japanese = info.subtitles
    assert (english.codec, english.language, english.dispositions) == ("subrip", "eng", ("default",))
    assert (japanese.codec, japanese.language, japanese.dispositions) == ("ass", "jpn", ("forced",))
    assert english.packets == japanese.packets == 3
    assert english.digest == hashlib.sha256(b"Line 1Line 2Line 3").hexdigest()
    (note,) = info.attachments
    text = "An attachment: äöü\n".encode()
    assert (note.filename, note.mimetype, note.size) == ("note.txt", "text/plain", len(text))
    assert note.sha256 == hashlib.sha256(text).hexdigest()
    assert [(c.start, c.end, c.title) for c in info.chapters] == [
        (0, NS, "One"),
        (NS, 2 * NS, "Two: the ; second"),
    ]
    assert info.tags == {"title": "Everything"}
    assert all(not track.tags for track in (info.video, *info.audio, *info.subtitles))


def test_cover_art_is_an_attachment_and_no_video(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    film = clips.make_clip(ffmpeg, clip_cache / "h264.mkv")
    cover = tmp_path / "cover.jpg"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "testsrc2=s=64x96", "-frames:v", "1", "-update", "1", cover)
    source = tmp_path / "cover.mkv"
    attach: list[str | Path] = [
        "-attach",
        cover,
        "-metadata:s:t",
        "mimetype=image/jpeg",
        "-metadata:s:t",
        "filename=cover.jpg",
    ]
    clips.run_ffmpeg(ffmpeg, "-i", film, "-map", "0", "-c", "copy", *attach, source)
    info, times = inspect(source)
    assert (info.video.index, info.video.width, len(times)) == (0, 320, 48)
    assert info.other_video == ()
    (picture,) = info.attachments
    assert (picture.index, picture.filename, picture.mimetype) == (1, "cover.jpg", "image/jpeg")
    assert picture.sha256 == hashlib.sha256(cover.read_bytes()).hexdigest()


def test_a_second_video_track_is_noted(ffmpeg: Path, tmp_path: Path) -> None:
    source = tmp_path / "two.mkv"
    pictures = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.5", "-f", "lavfi", "-i", "testsrc=s=32x32:d=0.4"]
    clips.run_ffmpeg(ffmpeg, *pictures, "-map", "0", "-map", "1", "-c:v", "ffv1", source)
    info, times = inspect(source)
    assert (info.video.width, [other.width for other in info.other_video]) == (64, [32])
    assert len(times) == 13
    left_out = "video track 1 (ffv1 32x32, 10 frames) is left out: it is not the default; the film is track 0"
    assert left_out in info.notes


def test_hdr10_metadata_is_read_out_of_the_picture(ffmpeg: Path, clip_cache: Path) -> None:
    params = (
        "log-level=none:pools=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited:chromaloc=2:"
        "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,50):max-cll=1000,400"
    )
    colours = "setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    source = clips.make_clip(
        ffmpeg,
        clip_cache / "hdr10.mkv",
        codec="hevc",
        frames=24,
        pix_fmt="yuv420p10le",
        filters=colours,
        options=("-x265-params", params),
    )
    video = inspect(source)[0].video
    assert (video.hdr, video.bit_depth, video.pix_fmt) == ("HDR10", 10, "yuv420p10le")
    assert video.colour.model_dump() == {
        "range": "tv",
        "primaries": "bt2020",
        "transfer": "smpte2084",
        "matrix": "bt2020nc",
        "chroma_location": "topleft",
    }
    assert video.mastering is not None
    assert video.mastering.red == (0.708, 0.292)
    assert video.mastering.white == (0.3127, 0.329)
    assert (video.mastering.min_luminance, video.mastering.max_luminance) == (0.005, 1000.0)
    assert video.light is not None
    assert (video.light.max_cll, video.light.max_fall) == (1000, 400)


def test_an_anamorphic_interlaced_disc_says_so(ffmpeg: Path, clip_cache: Path) -> None:
    source = clips.make_clip(
        ffmpeg,
        clip_cache / "interlaced.mkv",
        codec="mpeg2",
        frames=25,
        size=(352, 288),
        rate="25",
        filters="setsar=12/11,setfield=bff",
        options=("-flags:v", "+bitexact+ildct+ilme", "-field_order", "bb"),
    )
    video = inspect(source)[0].video
    assert (video.sar, video.scan, video.top_field_first) == (Fraction(12, 11), "interlaced", False)


def test_the_stage_writes_the_same_bytes_every_time(tracks: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another name.mkv"
    copy.write_bytes(tracks.read_bytes())
    written = []
    for number, source in enumerate((tracks, copy)):
        names = ("probe", "timestamps", "keyframes", "dynamic")
        probe, times, keys, dynamic = (tmp_path / f"{name}-{number}" for name in names)
        info = probe_source(source, probe, times, keys, dynamic, digest="d1")
        assert SourceInfo.read(probe) == info
        assert info.digest == "d1"
        assert read_timestamps(times) == inspect(source)[1]
        assert read_timestamps(keys) == [0, 500 * MS, 1000 * MS, 1500 * MS]
        written.append([path.read_bytes() for path in (probe, times, keys, dynamic)])
    assert written[0] == written[1]
    assert b"another name" not in written[1][0]


@pytest.mark.parametrize(
    "name", ["a b'c\"d.mkv", "-dash.mkv", "100%d:x.mkv", "new\nline.mkv", "電影.mkv", "[a]*?.mkv"]
)
def test_no_name_is_interpreted(tracks: Path, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.hardlink_to(tracks)
    assert inspect(source)[0] == inspect(tracks)[0]


def refusal(source: Path) -> str:
    with pytest.raises(SourceError) as caught:
        inspect(source)
    message = str(caught.value)
    assert message.startswith(f"{source}: ")
    assert "; " in message
    assert "\n" not in message
    return message


def test_a_file_cut_in_the_middle_is_refused(tracks: Path, tmp_path: Path) -> None:
    source = tmp_path / "cut.mkv"
    content = tracks.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    assert "is cut short" in refusal(source)


def test_a_live_recording_is_taken_with_a_note(ffmpeg: Path, tracks: Path, tmp_path: Path) -> None:
    source = tmp_path / "live.mkv"
    live = clips.run_ffmpeg(ffmpeg, "-i", tracks, "-map", "0:v", "-c", "copy", "-f", "matroska", "pipe:1")
    source.write_bytes(live)
    info, times = inspect(source)
    assert times == inspect(tracks)[1]
    assert any("live recording" in note for note in info.notes)


def test_audio_only_is_refused(ffmpeg: Path, clip_cache: Path) -> None:
    assert "has no video track" in refusal(clips.make_audio_only(ffmpeg, clip_cache / "audio.mkv"))


def test_audio_with_a_cover_is_refused(ffmpeg: Path, clip_cache: Path, tmp_path: Path) -> None:
    audio = clips.make_audio_only(ffmpeg, clip_cache / "audio.mkv")
    cover, source = tmp_path / "cover.png", tmp_path / "cover.mkv"
    clips.run_ffmpeg(ffmpeg, "-f", "lavfi", "-i", "testsrc2=s=64x96", "-frames:v", "1", "-update", "1", cover)
    attach: list[str | Path] = [
        "-attach",
        cover,
        "-metadata:s:t",
        "mimetype=image/png",
        "-metadata:s:t",
        "filename=cover.png",
    ]
    clips.run_ffmpeg(ffmpeg, "-i", audio, "-map", "0", "-c", "copy", *attach, source)
    assert "has no video track" in refusal(source)


def test_another_format_with_the_name_of_this_one_is_refused(
    ffmpeg: Path, tracks: Path, tmp_path: Path
) -> None:
    source = tmp_path / "renamed.mkv"
    clips.run_ffmpeg(ffmpeg, "-i", tracks, "-map", "0:v", "-c", "copy", "-f", "mp4", source)
    assert "is not Matroska but MP4" in refusal(source)


def test_a_file_whose_pictures_do_not_decode_is_refused(tracks: Path, tmp_path: Path) -> None:
    content = bytearray(tracks.read_bytes())
    clusters = content.find(bytes.fromhex("1f43b675"))
    content[clusters:] = bytes(len(content) - clusters)
    source = tmp_path / "zeros.mkv"
    source.write_bytes(content)
    assert "is damaged" in refusal(source)


def test_a_codec_that_nothing_decodes_is_named(tracks: Path, tmp_path: Path) -> None:
    source, codec = tmp_path / "unknown.mkv", b"V_MPEG4/ISO/AVC"
    source.write_bytes(tracks.read_bytes().replace(codec, codec[:2] + b"X" * (len(codec) - 2)))
    assert "video track 0 has a codec that ffmpeg does not know" in refusal(source)


def test_an_unknown_subtitle_codec_is_kept_with_a_note(tracks: Path, tmp_path: Path) -> None:
    source = tmp_path / "unknown.mkv"
    source.write_bytes(tracks.read_bytes().replace(b"S_TEXT/ASS", b"S_TEXT/XXX"))
    info, _ = inspect(source)
    assert [(track.index, track.codec) for track in info.subtitles] == [(4, "subrip"), (5, "s_text/xxx")]
    assert "track 5 (S_TEXT/XXX) is kept, though ffmpeg does not know its kind" in info.notes


REAL: dict[str, tuple[int, dict[str, Any]]] = {
    "bbb_720p_aac51": (132, {"rate": Fraction(25), "keyframes": 1}),
    "changi_4k_hevc": (270, {"rate": Fraction(30000, 1001), "width": 2160, "height": 3840}),
    "chapters_444": (150, {"pix_fmt": "yuv444p", "rate": Fraction(30)}),
    "city_mpeg2_opengop": (190, {"height": 405, "rate": Fraction(25), "keyframes": 17}),
    "dolby_vision_7_el": (259, {"hdr": "Dolby Vision", "rate": Fraction(24000, 1001)}),
    "dolby_vision_81_hdr10": (259, {"hdr": "Dolby Vision", "bit_depth": 10}),
    "dolby_vision_84_hlg": (86, {"hdr": "Dolby Vision", "variable": True}),
    "friday_bw_pillarbox": (185, {"index": 1, "rate": Fraction(30)}),
    "hdr10plus": (259, {"hdr": "HDR10+", "hdr10plus": True}),
    "marathon_540p60": (1769, {"rate": Fraction(60000, 1001), "variable": False}),
    "marathon_540p_vfr": (1769, {"variable": True}),
    "ntsc_letterbox_mpeg2": (202, {"packets": 204, "sar": Fraction(10, 11), "scan": "interlaced"}),
    "pal_interlaced_bff_mpeg2": (31, {"scan": "interlaced", "top_field_first": False, "start": 0.36}),
    "sintel_kitchen_sink": (1253, {"rate": Fraction(24), "keyframes": 9}),
    "sintel_trailer_720p": (1253, {"rate": Fraction(24), "scan": "progressive"}),
    "vobsub_pgs_no_audio": (74, {"counted": "decoded", "rate": Fraction(15)}),
}


@pytest.mark.media
@pytest.mark.parametrize("name", REAL)
def test_real_clips(ffmpeg: Path, media: Callable[[str], Path], name: str) -> None:
    frames, facts = REAL[name]
    source = media(f"{name}.mkv")
    info, times = inspect(source)
    assert len(times) == info.video.frames == frames
    assert {key: getattr(info.video, key) for key in facts} == facts
    # of long and of large pictures, the first are enough, and how it ends
    some = 24 if info.video.height >= 1080 else 260
    assert times[:some] == decoded_times(ffmpeg, source, some)
    if frames > 1000:
        last = decoded_times(ffmpeg, source, start=info.video.end - 1)
        assert len(last) >= 20
        assert times[-len(last) :] == last


@pytest.mark.media
def test_the_kitchen_sink_in_full(media: Callable[[str], Path]) -> None:
    info, _ = inspect(media("sintel_kitchen_sink.mkv"))
    assert [(a.codec, a.layout, a.language, a.title) for a in info.audio] == [
        ("aac", "stereo", "eng", None),
        ("ac3", "5.1(side)", "eng", "Surround 5.1"),
        ("eac3", "5.1(side)", "fre", None),
        ("dts", "7.1", "ger", "DTS-HD MA 7.1"),
        ("truehd", "7.1", "jpn", "TrueHD 7.1"),
    ]
    assert [round(a.end, 2) for a in info.audio] == [51.95, 36.0, 50.02, 1.0, 0.42]
    assert [(s.codec, s.language, s.packets, s.dispositions) for s in info.subtitles] == [
        ("hdmv_pgs_subtitle", "eng", 4, ("forced",)),
        ("dvd_subtitle", "fre", 1, ("default",)),
        ("ass", "jpn", 1, ("default",)),
        ("subrip", "eng", 2, ()),
    ]
    assert [c.title for c in info.chapters] == ["Opening", "Kapitel “zwei”", "Credits"]
    assert [(a.filename, a.size) for a in info.attachments] == [("DejaVuSans-Bold.ttf", 708920)]
    assert info.audio[4].tags == {"HANDLER_NAME": "Bento4 Sound Handler"}


@pytest.mark.media
def test_dolby_vision_records(media: Callable[[str], Path]) -> None:
    def record(name: str) -> tuple[VideoTrack, tuple[int, int, bool]]:
        video = inspect(media(name))[0].video
        assert video.dolby_vision is not None
        dolby = video.dolby_vision
        return video, (dolby.profile, dolby.compatibility, dolby.has_rpu)

    hlg, numbers = record("dolby_vision_84_hlg.mkv")
    assert (numbers, hlg.colour.transfer) == ((8, 4, True), "arib-std-b67")
    pq, numbers = record("dolby_vision_81_hdr10.mkv")
    assert (numbers, pq.colour.transfer) == ((8, 1, True), "smpte2084")
    assert pq.light is not None
    assert pq.light.max_cll == 1000


@pytest.mark.media
def test_a_probe_is_cheap(media: Callable[[str], Path]) -> None:
    source = media("sintel_trailer_720p.mkv")
    inspect(source)
    before = resource.getrusage(resource.RUSAGE_SELF)
    inspect(source)
    after = resource.getrusage(resource.RUSAGE_SELF)
    # 0.06 s when nothing else runs; an encode of these 52 s takes minutes
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_wavpack_without_durations_ends_about_where_it_does(ffmpeg: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    picture = clips.moving_picture((64, 64), "24")
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=2:r=48000"]
    coded = ["-c:v", "ffv1", "-frames:v", "48", "-c:a", "wavpack", "-af", "asetnsamples=24000"]
    clips.run_ffmpeg(ffmpeg, *inputs, *coded, source)
    # as earlier muxers wrote it, and mkvmerge does: DefaultDuration made Void
    source.write_bytes(
        re.sub(rb"\x23\xe3\x83\x84....", b"\xec\x86" + bytes(6), source.read_bytes(), flags=re.DOTALL)
    )
    with av.open(source) as container:
        assert not any(packet.duration for packet in container.demux(audio=0))
    assert inspect(source)[0].audio[0].end == pytest.approx(2, abs=0.3)
