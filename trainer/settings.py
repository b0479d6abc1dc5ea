"""What the owner can set about learning; passed in, never read from anywhere else."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from trainer.embedders import EmbedderSpec
from trainer.preprocessing import Mode, Preprocessing


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
    threads: int = Field(default=0, ge=0, le=256, description="Threads for embedding; 0 leaves it to OpenVINO.")
    poll_seconds: float = Field(default=0.25, gt=0, le=60, description="How often the trainer looks for work.")
    lease_seconds: float = Field(default=30.0, ge=1, le=3600, description="How long a job is held without a sign.")
    retry_seconds: float = Field(default=10.0, gt=0, le=3600, description="Wait before a failed job is tried again.")

    def embedder_spec(self) -> EmbedderSpec:
        """Return what embedder these settings ask for."""
        return EmbedderSpec(self.backbone, self.weights, Preprocessing(size=self.image_size, mode=self.image_mode))
