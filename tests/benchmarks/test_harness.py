"""Records of measurements: what is written, merged, compared and printed."""

import json

from benchmarks import compare, harness


def _measurement(implementation, times, **fields):
    return harness.Measurement(
        benchmark="sampling",
        workload="toy",
        implementation=implementation,
        times_s=times,
        device="cpu x 2",
        **{"compile_s": 1.0, "peak_memory_bytes": 2**20} | fields,
    )


def test_a_line_of_json_holds_the_promised_fields_and_comes_back():
    line = _measurement("jgan", (3.0, 1.0, 2.0)).to_json()
    fields = json.loads(line)
    assert fields["median_s"] == 2.0
    assert {*fields} >= {
        "benchmark",
        "workload",
        "implementation",
        "median_s",
        "times_s",
        "compile_s",
        "peak_memory_bytes",
        "device",
    }
    assert harness.from_json(line) == _measurement("jgan", (3.0, 1.0, 2.0))


def test_rounds_are_pooled():
    merged = harness.merge(
        [
            _measurement("jgan", (1.0, 2.0), compile_s=3.0, peak_memory_bytes=5),
            _measurement("jgan", (4.0,), compile_s=5.0, peak_memory_bytes=9),
        ]
    )
    assert merged.times_s == (1.0, 2.0, 4.0)
    assert (merged.compile_s, merged.peak_memory_bytes) == (4.0, 9)


def test_the_table_says_by_how_much_jgan_is_faster(capsys):
    harness.print_table(
        [_measurement("jgan", (2.0,)), _measurement("torch-eager", (3.0,))]
    )
    assert "1.50 x" in capsys.readouterr().out


def test_compare_prints_the_ratio_of_two_files(tmp_path, capsys):
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text(_measurement("jgan", (4.0,)).to_json() + "\n")
    both = [_measurement("jgan", (2.0,)), _measurement("torch-eager", (1.0,))]
    new.write_text("\n".join(m.to_json() for m in both))
    compare.compare(old, new)
    printed = capsys.readouterr().out
    assert "2.00 x" in printed
    assert "only in" in printed


def test_the_first_call_is_timed_apart():
    calls = []
    first, rest = harness.time_calls(lambda: calls.append(None), repeats=3)
    assert len(calls) == 4
    assert len(rest) == 3
    assert first >= 0
    assert harness.peak_memory_bytes() > 2**20
