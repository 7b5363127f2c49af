r"""When two requests ask the same, but for what changes each time. As SQL, so that no body is read.

Two requests are near-duplicates when dialect, model, contract, tools, form and the texts of all their
messages are the same once volatile parts are folded: ids, hashes, dates, times, long numbers, case and
blanks; other numbers too, where they make up at most a tenth of a text. (Where they are more, as in
"What is 17 * 3?", they are what is asked.) That is a digest of a normalised document (A. Broder, "On
the resemblance and containment of documents", 1997, section 1), without his shingles on purpose: two
long prompts made from one template resemble each other by 95 % and still ask different things.

What a message holds beside its text (an image, a file) counts byte by byte.
"""

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = r"\b[0-9a-f]{12,}\b"
_NAMED_ID = r"\b[a-z]{2,12}[-_][0-9a-z]{16,}\b"  # call_..., resp_..., chatcmpl-...
_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s?(z\b|utc\b|[+-]\d{2}:?\d{2}\b|am\b|pm\b))?"
_DATE = rf"(\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}})([t ]{_TIME})?"
_LONG = r"\d{5,}"
VOLATILE = f"{_ID}|{_NAMED_ID}|{_HASH}|{_DATE}|{_TIME}|{_LONG}"
_NUMBER = r"\d+([.,]\d+)*"
_MOST_DIGITS = 10  # one character in so many, where numbers are folded
# a slice so much larger than the text in it holds something else too: escapes alone make it six times
_ESCAPED = 6
_BESIDE = 4096  # bytes of a message's own JSON around its text


def folded(text: str) -> str:
    """SQL: the text of the column `text` without what is volatile."""
    steady = f"regexp_replace(lower({text}), '{VOLATILE}', '#', 'g')"
    return (
        f"(SELECT trim(regexp_replace(CASE WHEN length(regexp_replace(steady, '\\D+', '', 'g')) * {_MOST_DIGITS} "  # noqa: S608 - our own words
        f"<= length(steady) THEN regexp_replace(steady, '{_NUMBER}', '#', 'g') ELSE steady END, "
        f"'\\s{{2,}}|[^\\S ]', ' ', 'g')) FROM (SELECT {steady} AS steady))"
    )


def keys(wanted: str) -> str:
    """SQL: (call_id, key) of the calls in the table `wanted`; equal keys are near-duplicates."""
    return f"""
    SELECT call_id, md5(concat_ws(chr(31), dialect, model, contract, tool_names::VARCHAR,
        tool_choice, response_format, response_schema,
        coalesce(content, request_digest, call_id::VARCHAR))) AS key
    FROM {wanted} LEFT JOIN (
        SELECT call_id, string_agg(digest, '' ORDER BY place) AS content
        FROM (
            SELECT call_id, unnest(slices) AS slice_id, unnest(range(len(slices))) AS place
            FROM {wanted} JOIN bodies ON body_id = coalesce(request_decoded_body, request_body)
        ) JOIN (
            SELECT slice_id, CASE
                WHEN any_value(size) > {_ESCAPED} * sum(strlen(text)) + {_BESIDE}
                THEN any_value(slices.digest)::VARCHAR
                ELSE string_agg(md5(concat_ws(chr(31), kind, role, tool_name, {folded("text")})), ''
                    ORDER BY position)
            END AS digest
            FROM items JOIN slices USING (slice_id)
            WHERE slice_id IN (
                SELECT unnest(slices) FROM {wanted}
                JOIN bodies ON body_id = coalesce(request_decoded_body, request_body))
            GROUP BY slice_id
        ) USING (slice_id) GROUP BY call_id
    ) USING (call_id)
    """  # noqa: S608 - our own words
