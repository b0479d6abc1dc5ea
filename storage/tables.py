"""The tables, as SQLAlchemy Core sees them. Rows never leave this package: see records.py."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from storage.columns import Id, Words
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What is taught: one classifier by default; a chat belongs to one. -------------------------------------------------

classifier = Table(
    "classifier",
    metadata,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    # The network that answers. No foreign key: network points here already, and a cycle would bar plain inserts.
    Column("active_network_id", Id, nullable=True),
    _at("created_at"),
)

person = Table(
    "person",
    metadata,
    _id(),
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("name", Words(256), nullable=False),
    Column("role", Integer, nullable=False),
    _at("created_at"),
)

chat = Table(
    "chat",
    metadata,
    _id(),
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    _ref("classifier_id", "classifier.id"),
    Column("kind", String(16), nullable=False),
    Column("title", Words(256), nullable=False),
    Column("settings", JSON, nullable=False),
    # False once the person blocked the bot or the group removed it: nothing is sent there.
    Column("reachable", Boolean, nullable=False),
    _at("created_at"),
)

label = Table(
    "label",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    # `key` makes spellings one label (see labels.py); `name` is how it is shown.
    Column("key", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    _at("created_at"),
    Column("description", Words(300), nullable=True),
    # A former name, or merged; `root_id` is where that ends. SQLite adds no foreign keys later.
    Column("merged_into_id", Id, nullable=True),
    Column("root_id", Id, nullable=True),
    _at("retired_at", null=True),
    UniqueConstraint("classifier_id", "key"),
)

# Photos and what people say of them. -------------------------------------------------------------------------------

blob = Table(
    "blob",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    _at("created_at"),
    # Its shades in a few squares, by which near copies are found.
    Column("sketch", LargeBinary, nullable=True),
)

photo = Table(
    "photo",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id"),
    Column("digest", String(64), ForeignKey("blob.digest"), nullable=False, index=True),
    # SHA-256 of the bytes as they came: finds the same file again, before any decoding.
    Column("received_digest", String(64), nullable=False),
    _ref("owner_id", "person.id", null=True),
    _ref("chat_id", "chat.id", null=True, index=False),
    Column("message_id", BigInteger, nullable=True),
    # Telegram's file_unique_id: another one in the same message is another picture. Not known of imports.
    Column("file", String(64), nullable=True),
    # Telegram's media_group_id: photos that were sent as one album.
    Column("album", String(64), nullable=True),
    Column("source", String(16), nullable=False),
    Column("name", Words(512), nullable=False),
    # Where it came from, if not as a message of its own: its path in a zip, or its address.
    Column("origin", Words(2048), nullable=True),
    # Fixed on arrival, for ever: photos of one group share a fold, so no fold ever reshuffles. Photos of fold -1 are
    # kept for a test, and never learned from.
    Column("group_key", String(80), nullable=False),
    Column("fold", Integer, nullable=False),
    _at("created_at"),
    Column("flaws", String(64), nullable=True),
    UniqueConstraint("chat_id", "message_id"),
    Index("ix_photo_album", "chat_id", "album"),
    # Whole, not one by one: of two indexes of one column each SQLite may take the one that all photos share.
    Index("ix_photo_digest_of", "classifier_id", "digest"),
    Index("ix_photo_received", "classifier_id", "received_digest"),
)

deleted_photo = Table(
    "deleted_photo",
    metadata,
    # Messages whose photo its sender had deleted: they still stand in their chat. Nothing here says who that was.
    Column("chat_id", Id, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
)

album = Table(
    "album",
    metadata,
    # Only of albums whose captioned photo was refused: else the votes on the others tell their name.
    Column("chat_id", Id, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("album", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    _at("created_at"),
)

vote = Table(
    "vote",
    metadata,
    _id(),
    _ref("photo_id", "photo.id", cascade=True),
    _ref("person_id", "person.id", null=True),
    Column("kind", String(8), nullable=False),
    _ref("label_id", "label.id", null=True),
    Column("reason", String(16), nullable=False),
    _ref("replaces_id", "vote.id", null=True, cascade=True),
    # One deed of a person gives one vote, however often Telegram tells us of it.
    Column("deed", String(80), nullable=True, unique=True),
    _at("created_at"),
)

standing = Table(
    "standing",
    metadata,
    # What a photo's votes add up to. Derived: votes.tally() writes it in the transaction that adds the vote.
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    _ref("label_id", "label.id", null=True, index=False),
    Column("state", String(16), nullable=False),
    Column("voters", Integer, nullable=False),
    Index("ix_standing_label", "label_id", "state"),
)

embedding = Table(
    "embedding",
    metadata,
    # By digest, not by photo: the vector is a fact about the pixels, and two people may send the same ones.
    Column("digest", String(64), ForeignKey("blob.digest", ondelete="CASCADE"), primary_key=True),
    Column("embedder", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

# What the trainer makes of them. -----------------------------------------------------------------------------------

network = Table(
    "network",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    Column("number", Integer, nullable=False),
    Column("folder", String(128), nullable=False, unique=True),
    Column("embedder", String(64), nullable=False),
    Column("snapshot_digest", String(64), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("photos", Integer, nullable=False),
    # Out-of-fold: `wrong` of `n`, and the interval of that error.
    Column("n", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    # Out-of-fold too: so many of so many photos of what it knows fell below what it takes for known; none where that
    # cannot be measured.
    Column("alarms", Integer, nullable=True),
    Column("alarms_of", Integer, nullable=True),
    Column("shipped", Boolean, nullable=False),
    Column("verdict", JSON, nullable=False),
    # What came later it has not learned; none where an older Pupil published it.
    _at("lessons_at", null=True),
    _at("created_at"),
    # Its folder was let go; the row stays, as history.
    _at("removed_at", null=True),
    UniqueConstraint("classifier_id", "number"),
)

deletion = Table(
    "deletion",
    metadata,
    _id(),
    # Somebody had her lessons deleted: a network that read its lessons between these moments may have learned them.
    # Nothing here says who that was.
    _ref("classifier_id", "classifier.id"),
    _at("first_lesson_at"),
    _at("deleted_at"),
)

job = Table(
    "job",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    _ref("classifier_id", "classifier.id"),
    Column("state", String(16), nullable=False, index=True),
    # Of versions before 0002, which may still run beside this one; who asks now stands in `asker`.
    _ref("asked_in_id", "chat.id", null=True, index=False),
    _at("asked_at"),
    _at("due_at"),
    Column("worker", String(64), nullable=True),
    _at("lease_until", null=True),
    Column("tries", Integer, nullable=False),
    Column("error", Words, nullable=True),
    Column("result", JSON, nullable=True),
    _at("finished_at", null=True),
    _at("told_at", null=True),
)

asker = Table(
    "asker",
    metadata,
    # The chats that want to hear how a job ended.
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", Id, ForeignKey("chat.id"), primary_key=True),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("process", String(16), primary_key=True),
    Column("doing", Words(200), nullable=False),
    _at("at"),
)

# What was asked and answered. --------------------------------------------------------------------------------------

prediction = Table(
    "prediction",
    metadata,
    _id(),
    _ref("photo_id", "photo.id", cascade=True),
    _ref("network_id", "network.id"),
    _ref("label_id", "label.id", null=True, index=False),
    Column("probabilities", JSON, nullable=False),
    _ref("asked_by_id", "person.id", null=True),
    Column("milliseconds", Float, nullable=False),
    _at("created_at"),
    # The labels of which one is right with the probability `coverage`, likeliest first; none where nothing is promised.
    Column("candidates", JSON, nullable=True),
    Column("coverage", Float, nullable=True),
    # People had called this very picture `label_id`, in that photo: the network was not needed. No foreign keys here:
    # SQLite adds none to a table that is there. The photo may be gone by now.
    Column("remembered_id", Id, nullable=True),
    # The network with which the asker was told that it sees the photo otherwise by now.
    Column("told_network_id", Id, nullable=True),
)

flag = Table(
    "flag",
    metadata,
    _id(),
    _ref("prediction_id", "prediction.id", cascade=True, index=False),
    _ref("person_id", "person.id"),
    Column("verdict", String(8), nullable=False),
    # A flag outlives its vote when the person's votes are forgotten. It also lets PostgreSQL, which follows the
    # cascades of a photo in an order of its own, remove the vote first.
    _ref("vote_id", "vote.id", null=True, loosen=True),
    _at("created_at"),
    # The network with which the person was told what became of the flag.
    _ref("told_network_id", "network.id", null=True),
    UniqueConstraint("prediction_id", "person_id"),
    Index("ix_flag_verdict", "verdict"),
)

drift = Table(
    "drift",
    metadata,
    _id(),
    # Answers had got worse, in one way, than the networks had stated; `network` answered when that was noticed.
    _ref("network_id", "network.id", index=False),
    Column("kind", String(16), nullable=False),
    Column("n", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    # The newest answer that was looked at: later ones are watched anew. No foreign key: its photo may be deleted.
    Column("prediction_id", Id, nullable=False),
    _at("created_at"),
    _at("told_at", null=True),
    UniqueConstraint("network_id", "kind", "prediction_id"),
)

# Telegram in and out. ----------------------------------------------------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    # Numbers of updates are the bot's own: another token, or the chat page, counts from elsewhere.
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", BigInteger, nullable=False),
    Column("raw", Words, nullable=False),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False),
    _at("not_before"),
    Column("error", Words, nullable=True),
    _at("received_at"),
    Index("ix_inbox_state", "state", "bot_id", "update_id"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("bot_id", BigInteger, nullable=False),
    Column("lane", BigInteger, nullable=False),
    Column("method", String(32), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("attachment", LargeBinary, nullable=True),
    Column("attachment_name", Words(128), nullable=True),
    # One row per message owed: the handler may run twice for one update, the person hears once.
    Column("dedupe", String(80), nullable=True, unique=True),
    # Of the rows of one lane that share this, only the newest unsent one is kept.
    Column("coalesce", String(32), nullable=True),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False),
    _at("not_before"),
    Column("error", Words, nullable=True),
    Column("message_id", BigInteger, nullable=True),
    _at("created_at"),
    _at("sent_at", null=True),
    Index("ix_outbox_state", "state", "bot_id", "lane", "id"),
    Index("ix_outbox_message", "lane", "message_id"),
)

awaited = Table(
    "awaited",
    metadata,
    # The one thing that the bot asked a person to type in a chat.
    Column("chat_id", Id, ForeignKey("chat.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), nullable=False),
    _ref("prediction_id", "prediction.id", cascade=True),
    _at("expires_at"),
)

# SQLite gives the number of a deleted last row to the next one. Numbers are told to others (in buttons, to the sender
# of messages, to a worker), and must never come to mean something else.
for _table in metadata.tables.values():
    if "id" in _table.columns:
        _table.dialect_options["sqlite"]["autoincrement"] = True
