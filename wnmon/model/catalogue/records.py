"""What is wrong with a file wnmon wrote and reads again: a transcript, a JSON report, a baseline."""

from __future__ import annotations

from wnmon.model.language import Pair

SENTENCES: dict[str, Pair] = {
    "record_at": ("{place}: {said}", "{place}：{said}"),
    "record_expected": ("expected {wanted}, got {got}", "期望 {wanted}，实际 {got}"),
    "record_missing": ("missing", "缺失"),
    "record_unknown": ("unknown", "未知"),
    "record_none": ('no wnmon record: expected an object with a member "wnmon"', '不是 wnmon 记录：期望带有成员 "wnmon" 的对象'),
    "record_version": ("version {version} of a wnmon record: this program reads version {ours}", "wnmon 记录的版本为 {version}：本程序读取版本 {ours}"),
    "record_strange_sentence": ("expected a sentence this program knows", "期望本程序已知的句子"),
    "record_strange_holes": ("expected the holes of {name}", "期望 {name} 的占位项"),
    "record_strange_ns": ("expected an instant of a clock, in nanoseconds of at most 63 bits", "期望时钟的时刻，以不超过 63 位的纳秒计"),
    "record_strange_s": ("expected an instant of a calendar, in seconds since 1970", "期望日历的时刻，以 1970 年以来的秒计"),
    "record_n_items": ("{n} items", "{n} 项"),
    "record_one_of": ("one of {names}", "{names} 之一"),
    "record_an_object": ("an object", "对象"),
    "record_an_array": ("an array", "数组"),
    "record_a_string": ("a string", "字符串"),
    "record_an_integer": ("an integer", "整数"),
    "record_a_boolean": ("a boolean", "布尔值"),
    "record_a_number": ("a number", "数字"),
    "record_a_float": ("a number a float can hold", "浮点数可容纳的数字"),
    "record_a_finite": ("a finite number", "有限的数字"),
    "record_a_sentence": ("a sentence", "句子"),
    "record_base64": ("base64", "base64"),
    "record_a_suite": ("builtin:NAME or a file", "builtin:名称 或文件"),
    "record_a_baseline": ('null or an object with "name" and "known"', 'null 或带有 "name" 与 "known" 的对象'),
    "record_too_deep": ("no JSON: nested too deeply", "不是 JSON：嵌套过深"),
    "record_no_json": ("no JSON{cut}: line {line} column {column}: {why}", "不是 JSON{cut}：第 {line} 行第 {column} 列：{why}"),
    "record_cut_off": (" (cut off?)", "（被截断？）"),
    "record_too_many_digits": ("no JSON that can be read: a number has too many digits", "无法读取的 JSON：有数字位数过多"),
    "record_no_transcript": ("not a transcript of wnmon check --report transcript=FILE", "不是 wnmon check --report transcript=文件 的记录"),
    "record_no_report": ("not a report of wnmon check --report json", "不是 wnmon check --report json 的报告"),
    "record_no_baseline": ("not a baseline of wnmon check --write-baseline", "不是 wnmon check --write-baseline 的基线"),
    "record_transcript_version": ("a transcript of another version: this program reads version {ours}", "记录属于另一版本：本程序读取版本 {ours}"),
    "record_report_version": ("a report of another version: this program reads version {ours}", "报告属于另一版本：本程序读取版本 {ours}"),
    "record_baseline_version": ("a baseline of another version: this program reads version {ours}", "基线属于另一版本：本程序读取版本 {ours}"),
    "record_damaged_report": ("a damaged report: {why}", "报告已损坏：{why}"),
    "record_damaged_baseline": ("a damaged baseline: {why}", "基线已损坏：{why}"),
}
