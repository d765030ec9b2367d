"""Has AWS's translator make a template of a serverless application; the answer is a line of JSON on the standard output, in pieces."""

import json
import os
import sys

PIECE = 100_000


def answer(document):
    text = json.dumps(document)
    for start in range(0, len(text), PIECE):
        print("answer:" + text[start : start + PIECE])
    sys.stdout.flush()


def translate(request):
    os.environ["AWS_DEFAULT_REGION"] = request["region"]
    import boto3
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    session = boto3.session.Session(region_name=request["region"])
    translator = Translator(request["policies"], Parser(), boto_session=session)
    try:
        return {"template": translator.translate(request["template"], request["parameters"])}
    except InvalidDocumentException as invalid:
        return {"error": " ".join([invalid.message] + [cause.message for cause in invalid.causes])}


with open(sys.argv[1], encoding="utf-8") as file:
    answer(translate(json.load(file)))
