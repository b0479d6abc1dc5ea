"""Sentences on fine-tunings and reports."""

from typing import Any

from bot.speech.texts import needs, quality
from bot.speech.wording import between, bold, esc_ours
from storage import Network
from trainer.readiness import Readiness


def practising(doing: str) -> str:
    """The message that is edited while a fine-tuning goes on."""
    return f"I practise on all my photos, and answer meanwhile.\n<i>{esc_ours(doing)}</i>"


def practised(end: str | None) -> str:
    """What that message says last, whatever the end was."""
    return "I practised on all my photos." if end in ("published", "held") else "I have stopped practising."


def tuning_done(network: Network | None, result: dict[str, Any]) -> str:
    """How a fine-tuning ended; `network` is the one that answers now."""
    if result.get("end") == "not_ready":
        return "There is not enough to practise on any more. Teach me more photos, and I practise again."
    if network is None:
        return _done_in_vain(result)
    how_long, gain = _minutes(result.get("seconds")), _gain(result.get("verdict"))
    answers = f"network {network.number} goes on: {quality(network)}"
    match result.get("end"):
        case "published" if result.get("network") != network.number:
            return f"I practised{how_long} and made network {result.get('network')}. By now {answers}"
        case "published":
            number = result.get("network")
            how = "it helped" if _helped(result.get("verdict")) else "am at least as good as before"
            return f"I practised{how_long}, and {how}: network {number} answers now, {quality(network)}{gain}"
        case "held" if (result.get("verdict") or {}).get("ground") == "overtaken":
            return f"I practised{how_long}, but another network was chosen meanwhile, so {answers}"
        case "held":
            return f"I practised{how_long}, but came out no better, so {answers}{gain}"
        case _:
            return f"I have practised on these very photos before, so {answers}\nTeach me more, and I practise again."


def _done_in_vain(result: dict[str, Any]) -> str:
    """The same, where no network answers."""
    how_long = _minutes(result.get("seconds"))
    match result.get("end"):
        case "published":
            made = f"I practised{how_long} and made network {result.get('network')}."
            return f"{made} But lessons were taken back since, so nothing answers now. Teach me more to begin again."
        case "held":
            return f"I practised{how_long}, but what came of it may not answer. Teach me more photos, and I try again."
        case _:
            return "I have practised on these very photos before. Teach me more, and I practise again."


def tuning_failed(network: Network | None) -> str:
    goes_on = f", and network {network.number} goes on" if network else ""
    return f"Practising failed. Your lessons are safe{goes_on}. My owner finds the reason in the log."


def _gain(verdict: dict[str, Any] | None) -> str:
    if not verdict or not verdict.get("compared"):
        return ""
    better, worse, compared = verdict["better"], verdict["worse"], verdict["compared"]
    return f"\nOf {compared} photos that both were asked, {better} came right and {worse} went wrong."


def _helped(verdict: dict[str, Any] | None) -> bool:
    return bool(verdict and verdict["better"] > verdict["worse"])


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f" for {max(round(seconds / 60), 1)} min"


def report_asked(readiness: Readiness, network: Network | None, *, alive: bool) -> str:
    if network is None:
        return f"There is no network to report on yet. {needs(readiness)}".rstrip()
    if network.n == 0:
        return f"There is nothing to draw of network {network.number} yet: {quality(network)}"
    if not alive:
        return (
            "My trainer, who draws reports, is not running: you get it once it is back. "
            "My owner can start it with <code>pupil trainer</code>."
        )
    return "I am drawing my report. It takes a few seconds."


def report(facts: dict[str, Any]) -> str:
    """A report in words; the pictures come with it."""
    lines = [
        f"<b>Network {facts['network']}</b>: wrong on {facts['wrong']} of {facts['n']} photos that it had not learned "
        f"from (so {between(facts['low'], facts['high'])} errors on photos like these)."
    ]
    if (before := facts.get("before")) is not None:
        lines.append(
            f"On the {before['n']} photos that network {before['network']} was asked too: "
            f"{before['wrong']} wrong then, {before['now_wrong']} now."
        )
    if (test := facts.get("test")) is not None and test["n"]:
        lines.append(
            f"On the {test['n']} photos of the test, which I never learn from: {test['wrong']} wrong "
            f"({between(test['low'], test['high'])})."
        )
    if (cleaning := facts.get("cleaning")) is not None:
        lines.append(esc_ours(f"Since labels were cleaned: {cleaning}"))
    pairs = [
        f"{bold(one['truth'])} for {bold(one['answer'])} ({one['count']} of {one['of']})" for one in facts["pairs"]
    ]
    if pairs:
        lines.append(f"I most often take {', '.join(pairs)}.")
    return "\n".join([*lines, esc_ours(f"{facts['sentence']} {facts['advice']}")])


def no_report() -> str:
    return "I could not draw the report. My owner finds the reason in the log; /status tells the main numbers."
