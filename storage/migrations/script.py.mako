"""${message}

Old code may still run while this revision does: break a destructive change into steps over several versions.
"""

import sqlalchemy as sa
from alembic import op

import storage.columns

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
