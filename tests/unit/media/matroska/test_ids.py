from __future__ import annotations

from drapto.media.matroska import ids
from drapto.media.matroska.schema import SPECS


def words(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def test_each_id_has_the_name_that_the_schema_has_for_it() -> None:
    own = {"EBML", "EBML_MAX_ID_LENGTH", "EBML_MAX_SIZE_LENGTH", "DOC_TYPE", "SEGMENT", "CLUSTER"}
    other = {"BLOCK_ADDITION_TYPE": "BlockAddIDType", "BLOCK_ADDITION_EXTRA_DATA": "BlockAddIDExtraData"}
    for name, element in vars(ids).items():
        if name.isupper() and isinstance(element, int) and name not in own:
            assert words(other.get(name, name)) == words(SPECS[element].name)
    for element in ids.PIXEL_CROP:
        assert SPECS[element].name.startswith("PixelCrop")
