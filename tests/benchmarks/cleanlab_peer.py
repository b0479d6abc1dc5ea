"""What cleanlab says of labels and votes; run by its own Python, which has cleanlab and not this project.

    /path/to/python tests/benchmarks/cleanlab_peer.py ASKED.npz SAID.npz

Of each trial `labels-I` (n,) and `probabilities-I` (n, k) come back the scores of each ranking, low = doubtful; of
`votes-I` (n, people; nan = none) with `probabilities-I` come back consensus, its quality and that of people.
"""

import sys

import numpy as np
import pandas
from cleanlab.multiannotator import get_label_quality_multiannotator
from cleanlab.rank import get_label_quality_scores

RANKINGS = (
    ("self_confidence", False),
    ("self_confidence", True),
    ("normalized_margin", False),
    ("normalized_margin", True),
    ("confidence_weighted_entropy", False),
)


def main(asked_file: str, said_file: str) -> None:
    asked, said = np.load(asked_file), {}
    for name in asked.files:
        what, _, trial = name.partition("-")
        if what == "probabilities":
            continue
        probabilities = np.clip(asked[f"probabilities-{trial}"], 1e-12, None)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        if what == "labels":
            for method, adjusted in RANKINGS:
                scores = get_label_quality_scores(asked[name], probabilities, method=method, adjust_pred_probs=adjusted)
                said[f"{method}{' adjusted' if adjusted else ''}|{trial}"] = scores
        else:
            told = get_label_quality_multiannotator(
                pandas.DataFrame(asked[name]), probabilities, verbose=False, return_detailed_quality=False
            )
            said[f"consensus|{trial}"] = told["label_quality"]["consensus_label"].to_numpy()
            said[f"quality|{trial}"] = told["label_quality"]["consensus_quality_score"].to_numpy()
            people = told["annotator_stats"]["annotator_quality"].sort_index()
            said[f"people|{trial}"] = people.to_numpy()
    np.savez(said_file, **said)


if __name__ == "__main__":
    main(*sys.argv[1:])
