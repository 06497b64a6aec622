import os
import subprocess

import pytest

from gpreg.runs.commit import commit_of


def git(*words, folder):
    own = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgsign=false"]
    return subprocess.run([*own, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    git("init", "-q", "-b", "main", folder=folder)
    (folder / "file").write_text("one")
    git("add", "file", folder=folder)
    git("commit", "-qm", "one", folder=folder)
    return folder


def head(folder):
    return git("rev-parse", "HEAD", folder=folder)


def test_outside_of_git_there_is_none(tmp_path):
    assert commit_of(tmp_path) is None


def test_of_a_branch_of_a_folder_in_it_and_of_no_branch(repository):
    (repository / "deep").mkdir()
    assert commit_of(repository) == commit_of(repository / "deep") == head(repository)
    git("checkout", "-q", "--detach", folder=repository)
    assert commit_of(repository) == head(repository)


def test_of_refs_that_are_packed(repository):
    git("pack-refs", "--all", folder=repository)
    assert not (repository / ".git" / "refs" / "heads" / "main").exists()
    assert commit_of(repository) == head(repository)


def test_of_a_second_working_tree(repository, tmp_path):
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "second"), folder=repository)
    (tmp_path / "second" / "file").write_text("two")
    git("commit", "-qam", "two", folder=tmp_path / "second")
    assert commit_of(tmp_path / "second") == head(tmp_path / "second") != commit_of(repository)
    git("pack-refs", "--all", folder=repository)
    assert commit_of(tmp_path / "second") == head(tmp_path / "second")


def test_before_the_first_commit_there_is_none(tmp_path):
    git("init", "-q", folder=tmp_path)
    assert commit_of(tmp_path) is None


def test_nothing_that_the_repository_names_is_run(repository, tmp_path):
    mark, program = tmp_path / "executed", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    expected = head(repository)
    for key in ("core.fsmonitor", "core.hooksPath", "filter.x.clean", "core.pager", "core.sshCommand"):
        git("config", key, str(program), folder=repository)
    (repository / ".gitattributes").write_text("* filter=x\n")
    (repository / "file").write_text("changed")
    mark.unlink(missing_ok=True)
    assert commit_of(repository) == expected
    assert not mark.exists()


@pytest.mark.parametrize(
    "content", ["", "ref: refs/../../secret", "ref: /etc/passwd", "no commit", "\0", "ref: refs/x"]
)
def test_a_head_that_is_none(repository, content):
    (repository / ".git" / "HEAD").write_text(content)
    assert commit_of(repository) is None


def test_a_pipe_is_not_waited_for(repository):
    (repository / ".git" / "HEAD").unlink()
    os.mkfifo(repository / ".git" / "HEAD")
    assert commit_of(repository) is None
