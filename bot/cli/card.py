"""`pupil card`."""

from rich.console import Console

from bot.actions.describing import describe, weights_of
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.looking.guesser import Guesser, Loaded
from bot.speech import card
from storage import StorageError, StorageSettings


def show_card() -> int:
    """Print the card of the network that answers."""
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    try:
        with opened(StorageSettings()) as store:
            loaded = Guesser(store, threads=1).look()
            if not isinstance(loaded, Loaded):
                console.print("No network answers now. `pupil models` says why, `pupil train` makes one.", style="red")
                return 1
            predictor = loaded.predictor
            weights = weights_of(store.home, predictor.manifest)
            with store.read() as unit:
                found = describe(unit, loaded.network, predictor.manifest, predictor.label_scores, weights)
    except StorageError as error:
        console.print(f"{trouble(error)} ({error})", style="red")
        return 1
    for line in card.lines(found):
        print(printable(line))
    return 0
