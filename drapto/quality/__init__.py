"""Quality: what a metric finds, and the search for the CRF that meets a target."""
