"""What an owner can set about the bot."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage import Quota, Role


class BotSettings(BaseSettings):
    """Settings of the bot, from the environment or `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="PUPIL_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    telegram_token: SecretStr | None = Field(
        default=None, description="The bot's token from @BotFather; unset means the chat page in the browser."
    )
    telegram_api: str = Field(
        default="https://api.telegram.org", description="Address of the Bot API server, for one of your own."
    )
    port: int = Field(
        default=8765, ge=0, le=65535, description="Port of the chat page and of /health, on this machine only."
    )
    newcomers: str = Field(
        default="teacher",
        pattern="^(guest|teacher)$",
        description="What people whom the bot has not met may do: `teacher` may teach and correct, `guest` only ask, "
        "until /teacher or `pupil role` says otherwise.",
    )
    poll_timeout: int = Field(default=25, ge=0, le=50, description="Seconds that one request for updates may wait.")
    request_timeout: float = Field(default=20.0, gt=0, description="Seconds that Telegram may take for an answer.")
    messages_per_second: float = Field(
        default=30.0, gt=0, description="Messages a second to everybody together; Telegram allows about 30."
    )
    messages_per_second_per_chat: float = Field(
        default=1.0, gt=0, description="Messages a second to one chat, after a short burst; Telegram allows about 1."
    )
    messages_per_minute_per_group: float = Field(
        default=20.0, gt=0, description="Messages a minute to one group; Telegram allows 20."
    )
    photos_per_minute: int = Field(
        default=20, ge=0, description="Photos a minute that one person may send; more of them wait. 0: no limit."
    )
    photos_per_day: int = Field(
        default=500,
        ge=0,
        description="Photos a day that one person may send, in zips and lists too; more are not taken. 0: no limit.",
    )
    megabytes_per_hour: int = Field(
        default=100, ge=0, description="Megabytes an hour that one person may send; more are not taken. 0: no limit."
    )
    bot_threads: int = Field(default=2, ge=1, le=64, description="Threads of the bot that look at photos.")
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much is written to the log."
    )

    def quota(self) -> Quota:
        """What one person may send; owners are not counted."""
        return Quota(self.photos_per_minute, self.photos_per_day, self.megabytes_per_hour * 1_000_000)

    def newcomer_role(self) -> Role:
        return Role[self.newcomers.upper()]
