"""The ready-made pipelines: checked by their schemas, and their shell run as a CI runner would."""
