"""Methods by which a bot gets its news: polling, webhooks, files, answers to pressed buttons."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.playground.arguments import Arguments, Said
from bot.playground.errors import bad_request, conflict, too_many_requests
from bot.playground.files import MAX_DOWNLOAD_BYTES
from bot.playground.identities import LOOPBACK_HOSTS
from bot.playground.ledger import Json
from bot.playground.playground import Playground

MAX_POLL_SECONDS = 50
MAX_TOAST = 200
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


async def get_updates(playground: Playground, args: Arguments) -> list[Json]:
    if playground.directory.setting("webhook"):
        raise conflict(WEBHOOK_ACTIVE)
    if args.text("allowed_updates"):
        playground.updates.allow(args.json_list("allowed_updates"))
    # The first poll after a silence is news for the page: the bot is awake.
    if playground.clock() - playground.updates.polled_at > MAX_POLL_SECONDS:
        playground.hub.publish("state")
    return await playground.updates.poll(
        offset=args.number("offset"),
        limit=args.number("limit", 100, low=1, high=100),
        seconds=args.number("timeout", 0, low=0, high=MAX_POLL_SECONDS),
    )


async def set_webhook(playground: Playground, args: Arguments) -> Said:
    url = args.text("url")
    if not url:
        return await delete_webhook(playground, args)
    _check_webhook(url, args.text("secret_token"))
    _limit_webhook_changes(playground)
    if args.text("allowed_updates"):
        playground.updates.allow(args.json_list("allowed_updates"))
    if args.flag("drop_pending_updates"):
        playground.updates.drop_all()
    webhook = {
        "url": url,
        "secret_token": args.text("secret_token"),
        "max_connections": args.number("max_connections", 40, low=1, high=100),
    }
    playground.directory.set_setting("webhook", webhook)
    playground.updates.end_poll()
    playground.webhook_changed.set()
    return Said(True, "Webhook was set")


async def delete_webhook(playground: Playground, args: Arguments) -> Said:
    if args.flag("drop_pending_updates"):
        playground.updates.drop_all()
    was_set = bool(playground.directory.setting("webhook"))
    playground.directory.set_setting("webhook", {})
    return Said(True, "Webhook was deleted" if was_set else "Webhook is already deleted")


async def get_webhook_info(playground: Playground, args: Arguments) -> Json:
    webhook = playground.directory.setting("webhook") or {}
    info: Json = {
        "url": webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": playground.updates.pending,
    }
    if webhook:
        info["max_connections"] = webhook["max_connections"]
        info["ip_address"] = "127.0.0.1"
        info |= {name: webhook[name] for name in ("last_error_date", "last_error_message") if name in webhook}
    if playground.updates.allowed:
        info["allowed_updates"] = playground.updates.allowed
    return info


async def get_file(playground: Playground, args: Arguments) -> Json:
    file = playground.files.find(args.text("file_id"))
    if not args.text("file_id"):
        raise bad_request("file_id not specified")
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file["file_size"] > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    facts = {name: file[name] for name in ("file_id", "file_unique_id", "file_size")}
    return {**facts, "file_path": file["path"]}


async def answer_callback_query(playground: Playground, args: Arguments) -> bool:
    query_id = args.text("callback_query_id")
    query = playground.ledger.get("query", query_id)
    if query is None or playground.clock() - query["at"] > playground.query_seconds:
        raise bad_request(TOO_OLD)
    if len(args.text("text")) > MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if args.text("url") and not re.match(r"https?://t\.me/|tg://", args.text("url")):
        raise bad_request("URL_INVALID")
    playground.ledger.delete("query", query_id)
    playground.hub.publish(
        "answer",
        query_id=query_id,
        person_id=query["person_id"],
        chat_id=query["chat_id"],
        message_id=query["message_id"],
        text=args.text("text"),
        alert=args.flag("show_alert"),
    )
    return True


def _check_webhook(url: str, secret: str) -> None:
    address = urlsplit(url)
    if address.scheme not in ("http", "https"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    # The playground never calls out: like Telegram's own local server it takes plain HTTP, but on this machine only.
    if address.hostname not in LOOPBACK_HOSTS:
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")


def _limit_webhook_changes(playground: Playground) -> None:
    now = playground.clock()
    if now - playground.directory.setting("webhook_set_at", 0.0) < 1:
        raise too_many_requests(1)
    playground.directory.set_setting("webhook_set_at", now)


METHODS = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getFile": get_file,
    "answerCallbackQuery": answer_callback_query,
}
