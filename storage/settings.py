"""Where things are kept."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StorageSettings(BaseSettings):
    """Settings of the store, from the environment or `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="PUPIL_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(
        default=Path("pupil-data"), description="Folder for everything Pupil keeps: database, photos, networks."
    )
    database: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the database; unset means SQLite in the home folder."
    )
    confirmed_lessons: int = Field(
        default=5,
        ge=0,
        description="So many lessons that somebody agrees with end being a newcomer, whose lessons wait for that; "
        "0: none wait.",
    )

    def database_url(self) -> str | None:
        return self.database.get_secret_value() if self.database else None
