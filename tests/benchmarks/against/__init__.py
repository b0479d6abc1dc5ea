"""Pupil beside fastai and a plain probe: same photos, same folds, same machine, one run."""
