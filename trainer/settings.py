"""What the owner can set about learning; passed in, never read from anywhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from trainer.embedders import EmbedderSpec
from trainer.preprocessing import Mode, Preprocessing
from trainer.recipe import TuningRecipe


class TrainerSettings(BaseSettings):
    """Settings of the trainer, from the environment or `.env`, with the prefix `PUPIL_`."""

    model_config = SettingsConfigDict(
        env_prefix="PUPIL_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    backbone: str = Field(
        default="tf_efficientnet_lite0",
        description="Name of the timm network that embeds photos. A change embeds every photo anew.",
    )
    weights: str = Field(
        default="packaged",
        description="Its weights: packaged (default network only), timm (timm downloads them), random, or a file.",
    )
    image_size: int = Field(default=320, ge=32, le=1024, description="Side in pixels of what the network sees.")
    image_mode: Mode = Field(
        default="balanced",
        description="What it sees of a photo: whole (squeezed), centre (square cut out) or balanced (half of each).",
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Threads that the trainer looks and learns with; 0: as many as there are processors.",
    )
    niceness: int = Field(
        default=10,
        ge=0,
        le=19,
        description="How far the trainer makes way for other processes, 0 to 19; a fine-tuning makes way twice as far.",
    )
    tune_lessons: int = Field(
        default=100, ge=0, description="So many new lessons and corrections start a fine-tuning by itself; 0: never."
    )
    tune_hours: float = Field(
        default=24.0,
        ge=0,
        description="So many hours after a fine-tuning the next starts if anything was taught; 0: never.",
    )
    tune_photos: int = Field(
        default=60, ge=4, description="With fewer taught photos than this no fine-tuning starts by itself."
    )
    tune_updates: int = Field(
        default=240, ge=1, le=100_000, description="Steps of 32 photos that each fit of a fine-tuning makes."
    )
    tune_rate: float = Field(
        default=3e-3, gt=0, le=1, description="Highest learning rate of a fine-tuning, of the head; others follow it."
    )
    quiet_hours: str = Field(
        default="",
        pattern=r"^((\d|1\d|2[0-3])-(\d|1\d|2[0-3]))?$",
        description="Hours of this machine's clock in which no fine-tuning starts by itself, like 22-7.",
    )
    poll_seconds: float = Field(default=0.25, gt=0, le=60, description="How often the trainer looks for work.")
    lease_seconds: float = Field(default=30.0, ge=1, le=3600, description="How long a job is held without a sign.")
    retry_seconds: float = Field(default=10.0, gt=0, le=3600, description="Wait before a failed job is tried again.")

    def tuning_recipe(self) -> TuningRecipe:
        """Return how these settings ask for a fine-tuning."""
        usual = TuningRecipe()
        factor = self.tune_rate / usual.head_rate
        return replace(
            usual,
            updates=self.tune_updates,
            head_rate=self.tune_rate,
            high_rate=usual.high_rate * factor,
            low_rate=usual.low_rate * factor,
        )

    @property
    def tune_wait(self) -> timedelta:
        """Return how long after the last fine-tuning another one is due."""
        return timedelta(hours=self.tune_hours)

    @property
    def retry_after(self) -> timedelta:
        """Return the wait before a failed job is tried again."""
        return timedelta(seconds=self.retry_seconds)

    def embedder_spec(self) -> EmbedderSpec:
        """Return what embedder these settings ask for."""
        return EmbedderSpec(self.backbone, self.weights, Preprocessing(size=self.image_size, mode=self.image_mode))
