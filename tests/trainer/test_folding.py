"""A network that is made ready for export answers as before."""

import copy

import pytest
import torch
from torch import Tensor, nn

from trainer.folding import folded
from trainer.network import build
from trainer.preprocessing import Preprocessing

SIDE = 32


def pictures() -> Tensor:
    return torch.randint(0, 256, (2, SIDE, SIDE, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def lived_in(network: nn.Module) -> nn.Module:
    """Batch norms that have learned something: fresh ones change nothing, and could be left out unnoticed."""
    drawn = torch.Generator().manual_seed(2)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for tensor in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
                assert tensor is not None
                tensor.copy_(torch.rand(tensor.shape, generator=drawn) + 0.5)
    return network.eval()


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet", "test_vit"])
def test_it_answers_the_same_without_its_batch_norms(backbone: str) -> None:
    network = lived_in(build(backbone, Preprocessing(size=SIDE), weights="random"))
    made = folded(network, pictures())
    with torch.inference_mode():
        torch.testing.assert_close(made(pictures()), network(pictures()), rtol=1e-4, atol=1e-4)
    assert norms(made) == 0


def test_the_network_itself_stays_as_it_was() -> None:
    network = lived_in(build("test_efficientnet", Preprocessing(size=SIDE), weights="random"))
    before = copy.deepcopy(network.state_dict())
    folded(network, pictures())
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert any(getattr(module, "inplace", False) for module in network.modules())


class Crossed(nn.Module):
    """Its modules do not stand in the order in which they work, and one works twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)
        self.after_second = nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 3, 1)
        self.after_first = nn.BatchNorm2d(3)
        self.twice = nn.Conv2d(3, 3, 1)
        self.alone = nn.BatchNorm2d(3)

    def forward(self, given: Tensor) -> Tensor:
        seen = self.after_first(self.first(given.permute(0, 3, 1, 2).float() / 255))
        seen = self.twice(self.after_second(self.second(seen)))
        answer: Tensor = self.alone(self.twice(seen))
        return answer


def test_what_feeds_what_is_seen_and_not_taken_from_the_order() -> None:
    network = lived_in(Crossed())
    made = folded(network, pictures())
    with torch.inference_mode():
        torch.testing.assert_close(made(pictures()), network(pictures()), rtol=1e-4, atol=1e-4)
    assert norms(made) == 1, "what follows a convolution that works twice stays"
