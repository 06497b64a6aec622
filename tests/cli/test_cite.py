import bibtexparser


def keys(text):
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    return [entry.key for entry in library.entries]


def test_without_an_argument_gpreg_itself(gpreg):
    assert keys(gpreg("cite").out) == ["gpreg"]


def test_a_recipe_with_choices_and_with_theory(call):
    plain, pd, theory = (
        call("cite", "plane", *words).out for words in ((), ("--measure", "pd"), ("--measure", "pd", "--theory"))
    )
    assert set(keys(pd)) - set(keys(plain)) == {"mescheder2018which"}
    assert set(keys(theory)) - set(keys(pd)) == {"nagarajan2017gradient"}
    assert "% measure pd (section 4.1)\n@inproceedings{mescheder2018which,\n" in pd


def test_choices_alone_are_of_the_architecture_s_recipe(call):
    assert "metz2017unrolled" not in keys(call("cite", "--measure", "pd", "--arch", "mlp").out)


def test_a_run_as_bibtex_as_json_and_into_a_file(call, plane, tmp_path):
    shown = call("cite", plane.path)
    assert (shown.code, shown.err) == (0, "")
    document = call("cite", plane.path, "--json").json
    assert document["schema"] == 1
    assert [row["key"] for row in document["citations"]] == keys(shown.out)
    out = tmp_path / "new" / "references.bib"
    assert call("cite", plane.path, "--out", out).out == f"{out}\n"
    assert out.read_text("utf-8") == shown.out


def test_choices_beside_a_run_are_refused(call, plane):
    result = call("cite", plane.path, "--measure", "pd")
    assert (result.code, result.out) == (2, "")
    assert f"`gpreg cite {plane.path}` cites them" in result.err


def test_what_is_neither_recipe_nor_folder_is_said(call):
    result = call("cite", "plain")
    assert result.code == 2
    assert "did you mean 'plane'?" in result.err


def test_a_named_sweep_is_cited_before_it_is_run(call):
    cited = keys(call("cite", "sgp-table-1-2d").out)
    assert {"kim2018local", "gulrajani2017improved", "gpreg"} <= set(cited)
    refused = call("cite", "sgp-table-1-2d", "--measure", "pd")
    assert (refused.code, refused.out) == (2, "")
    assert "is a sweep" in refused.err
