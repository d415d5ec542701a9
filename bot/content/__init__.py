"""The content that clinicians write: read from YAML into a release, each mistake with its line."""
