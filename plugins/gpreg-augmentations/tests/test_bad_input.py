"""What cannot be is said on the command line, with exit code 2 and what to do, before anything is trained."""

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("digits-dcgan --augmentation ada -T p=1.5", "'p' of augmentation 'ada' is '1.5'"),
        ("digits-dcgan --augmentation ada -T final=0.5", "an adaptive p finds that itself"),
        ("digits-dcgan --augmentation ada", "which means nothing with loss 'wasserstein'"),
        ("digits-dcgan --augmentation ada --loss relativistic", "which means nothing with loss 'relativistic'"),
        ("plane --augmentation noise -T sigma=-1", "a float >= 0"),
        ("plane --augmentation ada", "choose --augmentation noise"),
        ("plane --augmentation flip-shift", "choose --augmentation noise"),
    ],
)
def test_the_command_line_refuses(call, words, says):
    result = call("train", *words.split(), "--dry-run")
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err
