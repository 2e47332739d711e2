"""What decides how a title is encoded: strategies, fixed CRF, the search for a target's."""
