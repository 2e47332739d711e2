from __future__ import annotations

from drapto.media.matroska import ids
from drapto.media.matroska.schema import SPECS


def words(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def test_each_id_has_the_name_that_the_schema_has_for_it() -> None:
    # clusters are not in the schema, which is of the elements beside them
    blocks = {"CLUSTER_TIMESTAMP", "BLOCK_GROUP", "BLOCK", "BLOCK_DURATION", "BLOCK_ADDITIONS", "BLOCK_MORE"}
    blocks |= {"BLOCK_ADD_ID", "BLOCK_ADDITIONAL", "SIMPLE_BLOCK", "REFERENCE_BLOCK"}
    blocks |= {"CLUSTER_POSITION", "CLUSTER_PREV_SIZE", "SILENT_TRACKS"}
    own = blocks | {"EBML", "EBML_MAX_ID_LENGTH", "EBML_MAX_SIZE_LENGTH", "DOC_TYPE", "SEGMENT", "CLUSTER"}
    other = {"BLOCK_ADDITION_TYPE": "BlockAddIDType", "BLOCK_ADDITION_EXTRA_DATA": "BlockAddIDExtraData"}
    other |= {"BLOCK_ADDITION_VALUE": "BlockAddIDValue"}
    for name, element in vars(ids).items():
        if name.isupper() and isinstance(element, int) and name not in own:
            assert words(other.get(name, name)) == words(SPECS[element].name)
    for element in ids.PIXEL_CROP:
        assert SPECS[element].name.startswith("PixelCrop")
