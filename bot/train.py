"""Trains the model: `python -m bot.train --out FOLDER --name NAME`.

Rasa's own training, without three things that cost more than the training itself here: it reads
the sentences from YAML five times, takes fingerprints of every component's output (vectors, as
text) to reuse them in a later training, and validates the data, which `./check` does.
"""

import argparse
import copy
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def read_sentences_once() -> None:
    """Let every reader of the sentences get a copy of what was read first."""
    from rasa.shared.importers.rasa import RasaFileImporter

    read = RasaFileImporter.get_nlu_data
    known: dict[tuple[int, str], Any] = {}

    def get_nlu_data(self: Any, language: str = "en") -> Any:
        key = (id(self), language)
        if key not in known:
            known[key] = read(self, language)
        return copy.deepcopy(known[key])

    RasaFileImporter.get_nlu_data = get_nlu_data


def keep_no_outputs() -> None:
    """Switch off the cache of outputs; the launcher already trains only when inputs changed."""
    from rasa.engine.training.hooks import TrainingHook

    def on_before_node(*_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def on_after_node(*_: Any, **__: Any) -> None:
        return None

    TrainingHook.on_before_node = on_before_node
    TrainingHook.on_after_node = on_after_node


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--name", required=True, help="name of the model, without ending")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))

    read_sentences_once()
    keep_no_outputs()
    from rasa.api import train

    result = train(
        domain="domain.yml",
        config="config.yml",
        training_files=["bot/data"],
        output=str(arguments.out),
        force_training=True,
        fixed_model_name=arguments.name,
    )
    if result.code != 0 or result.model is None:
        sys.exit(f"Rasa's training ended with code {result.code}.")


if __name__ == "__main__":
    main()
