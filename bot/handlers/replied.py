"""Whose message another one replies to."""

from telegram import Message, MessageOriginUser, User


def replied_to(message: Message | None) -> User | None:
    """The person who wrote what a message replies to, or in a private chat what was forwarded there."""
    replied = message.reply_to_message if message else None
    # In a forum every message replies to the one that opened its topic.
    if replied is None or replied.sender_chat is not None or replied.forum_topic_created is not None:
        return None
    author, origin = replied.from_user, replied.forward_origin
    if replied.chat.type == "private" and isinstance(origin, MessageOriginUser):
        author = origin.sender_user
    return None if author is None or author.is_bot else author
