"""Matroska's elements: their names, their kinds, and what is meant where one is missing (RFC 9559).

Only what stands outside of the clusters is here: drapto reads and writes nothing inside of these.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

Kind = Literal["master", "unsigned", "signed", "float", "string", "date", "binary"]


class Spec(NamedTuple):
    """An element: its name in RFC 9559, what it holds, and what its absence means; None is nothing."""

    id: int
    name: str
    kind: Kind
    default: int | str | None = None


TABLE = """
EC Void binary
BF CRC-32 binary
114D9B74 SeekHead master
    4DBB Seek master
        53AB SeekID binary
        53AC SeekPosition unsigned
1549A966 Info master
    73A4 SegmentUUID binary
    7384 SegmentFilename string
    3CB923 PrevUUID binary
    3C83AB PrevFilename string
    3EB923 NextUUID binary
    3E83BB NextFilename string
    4444 SegmentFamily binary
    6924 ChapterTranslate master
        69A5 ChapterTranslateID binary
        69BF ChapterTranslateCodec unsigned
        69FC ChapterTranslateEditionUID unsigned
    2AD7B1 TimestampScale unsigned 1000000
    4489 Duration float
    4461 DateUTC date
    7BA9 Title string
    4D80 MuxingApp string
    5741 WritingApp string
1654AE6B Tracks master
    AE TrackEntry master
        D7 TrackNumber unsigned
        73C5 TrackUID unsigned
        83 TrackType unsigned
        B9 FlagEnabled unsigned 1
        88 FlagDefault unsigned 1
        55AA FlagForced unsigned 0
        55AB FlagHearingImpaired unsigned
        55AC FlagVisualImpaired unsigned
        55AD FlagTextDescriptions unsigned
        55AE FlagOriginal unsigned
        55AF FlagCommentary unsigned
        9C FlagLacing unsigned 1
        6DE7 MinCache unsigned
        6DF8 MaxCache unsigned
        23E383 DefaultDuration unsigned
        234E7A DefaultDecodedFieldDuration unsigned
        23314F TrackTimestampScale float
        537F TrackOffset signed
        55EE MaxBlockAdditionID unsigned
        41E4 BlockAdditionMapping master
            41F0 BlockAddIDValue unsigned
            41A4 BlockAddIDName string
            41E7 BlockAddIDType unsigned
            41ED BlockAddIDExtraData binary
        536E Name string
        22B59C Language string eng
        22B59D LanguageBCP47 string
        86 CodecID string
        63A2 CodecPrivate binary
        258688 CodecName string
        7446 AttachmentLink unsigned
        AA CodecDecodeAll unsigned
        6FAB TrackOverlay unsigned
        56AA CodecDelay unsigned
        56BB SeekPreRoll unsigned
        6624 TrackTranslate master
            66A5 TrackTranslateTrackID binary
            66BF TrackTranslateCodec unsigned
            66FC TrackTranslateEditionUID unsigned
        E0 Video master
            9A FlagInterlaced unsigned
            9D FieldOrder unsigned
            53B8 StereoMode unsigned 0
            53C0 AlphaMode unsigned 0
            53B9 OldStereoMode unsigned
            B0 PixelWidth unsigned
            BA PixelHeight unsigned
            54AA PixelCropBottom unsigned 0
            54BB PixelCropTop unsigned 0
            54CC PixelCropLeft unsigned 0
            54DD PixelCropRight unsigned 0
            54B0 DisplayWidth unsigned
            54BA DisplayHeight unsigned
            54B2 DisplayUnit unsigned 0
            54B3 AspectRatioType unsigned
            2EB524 UncompressedFourCC binary
            2383E3 FrameRate float
            55B0 Colour master
                55B1 MatrixCoefficients unsigned
                55B2 BitsPerChannel unsigned
                55B3 ChromaSubsamplingHorz unsigned
                55B4 ChromaSubsamplingVert unsigned
                55B5 CbSubsamplingHorz unsigned
                55B6 CbSubsamplingVert unsigned
                55B7 ChromaSitingHorz unsigned
                55B8 ChromaSitingVert unsigned
                55B9 Range unsigned
                55BA TransferCharacteristics unsigned
                55BB Primaries unsigned
                55BC MaxCLL unsigned
                55BD MaxFALL unsigned
                55D0 MasteringMetadata master
                    55D1 PrimaryRChromaticityX float
                    55D2 PrimaryRChromaticityY float
                    55D3 PrimaryGChromaticityX float
                    55D4 PrimaryGChromaticityY float
                    55D5 PrimaryBChromaticityX float
                    55D6 PrimaryBChromaticityY float
                    55D7 WhitePointChromaticityX float
                    55D8 WhitePointChromaticityY float
                    55D9 LuminanceMax float
                    55DA LuminanceMin float
            7670 Projection master
                7671 ProjectionType unsigned 0
                7672 ProjectionPrivate binary
                7673 ProjectionPoseYaw float
                7674 ProjectionPosePitch float
                7675 ProjectionPoseRoll float
        E1 Audio master
            B5 SamplingFrequency float
            78B5 OutputSamplingFrequency float
            9F Channels unsigned
            6264 BitDepth unsigned
            52F1 Emphasis unsigned
        E2 TrackOperation master
            E3 TrackCombinePlanes master
                E4 TrackPlane master
                    E5 TrackPlaneUID unsigned
                    E6 TrackPlaneType unsigned
            E9 TrackJoinBlocks master
                ED TrackJoinUID unsigned
        6D80 ContentEncodings master
            6240 ContentEncoding master
                5031 ContentEncodingOrder unsigned
                5032 ContentEncodingScope unsigned
                5033 ContentEncodingType unsigned
                5034 ContentCompression master
                    4254 ContentCompAlgo unsigned
                    4255 ContentCompSettings binary
1043A770 Chapters master
    45B9 EditionEntry master
        45BC EditionUID unsigned
        45BD EditionFlagHidden unsigned 0
        45DB EditionFlagDefault unsigned 0
        45DD EditionFlagOrdered unsigned 0
        4520 EditionDisplay master
            4521 EditionString string
            45E4 EditionLanguageIETF string
        B6 ChapterAtom master
            73C4 ChapterUID unsigned
            5654 ChapterStringUID string
            91 ChapterTimeStart unsigned
            92 ChapterTimeEnd unsigned
            98 ChapterFlagHidden unsigned 0
            4598 ChapterFlagEnabled unsigned 1
            6E67 ChapterSegmentUUID binary
            4588 ChapterSkipType unsigned
            6EBC ChapterSegmentEditionUID unsigned
            63C3 ChapterPhysicalEquiv unsigned
            8F ChapterTrack master
                89 ChapterTrackUID unsigned
            80 ChapterDisplay master
                85 ChapString string
                437C ChapLanguage string eng
                437D ChapLanguageBCP47 string
                437E ChapCountry string
            6944 ChapProcess master
                6955 ChapProcessCodecID unsigned
                450D ChapProcessPrivate binary
                6911 ChapProcessCommand master
                    6922 ChapProcessTime unsigned
                    6933 ChapProcessData binary
1254C367 Tags master
    7373 Tag master
        63C0 Targets master
            68CA TargetTypeValue unsigned 50
            63CA TargetType string
            63C5 TagTrackUID unsigned
            63C9 TagEditionUID unsigned
            63C4 TagChapterUID unsigned
            63C6 TagAttachmentUID unsigned
        67C8 SimpleTag master
            45A3 TagName string
            447A TagLanguage string und
            447B TagLanguageBCP47 string
            4484 TagDefault unsigned 1
            44B4 TagDefaultBogus unsigned
            4487 TagString string
            4485 TagBinary binary
1941A469 Attachments master
    61A7 AttachedFile master
        467E FileDescription string
        466E FileName string
        4660 FileMediaType string
        465C FileData binary
        46AE FileUID unsigned
        4675 FileReferral binary
        4661 FileUsedStartTime unsigned
        4662 FileUsedEndTime unsigned
1C53BB6B Cues master
    BB CuePoint master
        B3 CueTime unsigned
        B7 CueTrackPositions master
            F7 CueTrack unsigned
            F1 CueClusterPosition unsigned
            F0 CueRelativePosition unsigned
            B2 CueDuration unsigned
            5378 CueBlockNumber unsigned
"""
"""One element a line: its ID, its name, its kind, and its default where drapto has a use for that. Masters
hold what is indented below them; a chapter may hold chapters, and a tag tags."""


def _read(table: str) -> dict[int, Spec]:
    specs = {}
    for line in table.split("\n"):
        if found := re.fullmatch(r" *([0-9A-F]+) (\S+) (\w+)(?: (\w+))?", line):
            number, name, kind, default = found.groups()
            [known] = [one for one in get_args(Kind) if one == kind]
            value = int(default) if default is not None and default.isdigit() else default
            specs[int(number, 16)] = Spec(int(number, 16), name, known, value)
    return specs


SPECS = _read(TABLE)
"""By ID."""

MASTERS = frozenset(spec.id for spec in SPECS.values() if spec.kind == "master")


def name_of(element: int) -> str:
    """Return an element's name in RFC 9559, or its ID where it has none there."""
    return SPECS[element].name if element in SPECS else f"0x{element:X}"
