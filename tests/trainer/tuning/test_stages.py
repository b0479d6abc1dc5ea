from __future__ import annotations

import pytest
import timm
import torch

from trainer.tuning.stages import in_a_row, stages


def backbone(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return timm.create_model(name, pretrained=False, num_classes=0).eval()


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "test_convnext"])
def test_stages_in_a_row_are_the_network(name: str) -> None:
    network, example = backbone(name), torch.randn(2, 3, 64, 64)

    found = stages(network, example)

    assert len(found) > 2
    with torch.inference_mode():
        assert torch.allclose(in_a_row(found)(example), network(example), atol=1e-5)
    assert all(any(True for _ in stage.parameters()) for stage in found)
    assert sum(p.numel() for stage in found for p in stage.parameters()) == sum(p.numel() for p in network.parameters())


def test_a_network_that_is_more_than_its_parts_is_one_stage() -> None:
    network = backbone("test_vit")

    assert stages(network, torch.randn(1, 3, 160, 160)) == [network]


def test_looking_for_stages_leaves_the_network_as_it_was() -> None:
    network = backbone("test_efficientnet").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    stages(network, torch.randn(2, 3, 64, 64))

    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
