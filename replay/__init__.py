"""Replay: select recorded calls, run them again, compare, decide, report.

The nouns:
    selection   recorded calls chosen to be run again; kept under a name it is a golden set
    arm         what answers: the record, the baseline run now, the candidate run now
    repetition  one of the k times that an arm answers the same call
    run         a selection put to both arms
    case        one selected call with the answers of all arms
    comparison  what two answers to one call have in common, by metric, with reasons
    metric      a number of one answer, or of two: contract pass rate, latency, tool agreement
    slice       the cases of one contract, dialect, model, tool or turn depth
    noise floor how far the baseline agrees with itself
    finding     one metric of one slice: effect, interval, margin, verdict
    policy      the margins that a candidate must keep
    gate        a run, decided by a policy: pass, drift, inconclusive, or could not check
"""
