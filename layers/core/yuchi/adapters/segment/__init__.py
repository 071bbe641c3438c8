"""The tracking messages of Segment's specification, which the SDKs of Segment and RudderStack speak."""
