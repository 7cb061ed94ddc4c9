"""Makes one answer of many reports, at once and from a short memory."""
