"""``gpreg completion SHELL``: the script that makes a shell complete gpreg's commands, kinds and names."""

import click
from click.shell_completion import get_completion_class

_INSTALL = {
    "bash": 'eval "$(gpreg completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(gpreg completion zsh)" in ~/.zshrc, after compinit',
    "fish": "gpreg completion fish > ~/.config/fish/completions/gpreg.fish",
}


def command(name: str) -> click.Command:
    """The command ``completion``."""
    where = "\n".join(f"  {shell}: {line}" for shell, line in _INSTALL.items())

    @click.command(name, help=f"Print the completion script of a shell. To install it:\n\n\b\n{where}")
    @click.argument("shell", type=click.Choice(list(_INSTALL)))
    @click.pass_context
    def completion(ctx: click.Context, shell: str) -> None:
        completer = get_completion_class(shell)
        assert completer is not None  # click knows the three shells of the choice
        click.echo(completer(ctx.find_root().command, {}, "gpreg", "_GPREG_COMPLETE").source())

    return completion
