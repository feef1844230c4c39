"""The benchmark of the renderer measures what it says, and the command reports it."""

import json

from benchmarks import __main__ as command, bench_rendering


def test_the_command_times_every_warm_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench_rendering, "_NUM_SCENES", 2)
    monkeypatch.setitem(bench_rendering.WORKLOADS, "scenes64", 8)
    measured = bench_rendering.measure("scenes64", "jgan")
    # To compile it takes seconds, to run it milliseconds.
    assert measured.compile_s > 10 * measured.median_s > 0

    def measure_all(*, workloads, report):
        assert workloads == ("scenes64",)
        return [measured]

    monkeypatch.setattr(bench_rendering, "measure_all", measure_all)
    path = tmp_path / "out.jsonl"
    monkeypatch.setattr("sys.argv", ["benchmarks", "rendering", "--json", str(path)])
    command.main()
    assert "scenes64 batch 2" in capsys.readouterr().out
    line = json.loads(path.read_text())
    assert line["benchmark"] == "rendering"
    assert len(line["times_s"]) == bench_rendering._REPEATS
