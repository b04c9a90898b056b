"""Skills for the tests, as text."""

SAFE = '"""Adds numbers."""\n\n\ndef add(a: int, b: int) -> int:\n    """Adds."""\n    return a + b\n'
DANGEROUS = "import os\nimport subprocess\n\n\ndef run(code: str):\n    eval(code)\n    exec(code)\n"
