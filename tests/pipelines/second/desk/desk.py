"""The function at the desk: reads mail about clips, orders their transcoding, keeps the ledger.

Mail comes from S3 (a clip was dropped) and from EventBridge (a MediaConvert job has ended), each
in the body of an SQS message, any number of times and in any order.
"""

import functools
import hashlib
import json
import os
import pathlib
import urllib.parse

import boto3
from botocore.exceptions import ClientError

FINAL = ("COMPLETE", "ERROR", "CANCELED")


def read_mail(event, context):
    """Entry point: letters that could not be dealt with are named, and come again."""
    returned = []
    for letter in event["Records"]:
        try:
            deal_with(json.loads(letter["body"]))
        except Exception as trouble:
            print(json.dumps({"letter": letter["messageId"], "trouble": repr(trouble)}))
            returned.append({"itemIdentifier": letter["messageId"]})
    return {"batchItemFailures": returned}


def deal_with(news):
    """Tell the two kinds of news apart; S3's test event carries no records."""
    if news.get("source") == "aws.mediaconvert":
        close(news["detail"])
        return
    for dropped in news.get("Records", []):
        if dropped["eventName"].startswith("ObjectCreated"):
            order(dropped["s3"])


def order(dropped):
    """One object version is one clip with one job."""
    bucket, thing = dropped["bucket"]["name"], dropped["object"]
    if bucket != os.environ["DROPPED"]:
        raise LookupError(f"nobody drops clips into {bucket} for us")
    key = urllib.parse.unquote_plus(thing["key"])
    version = thing.get("versionId") or thing.get("sequencer", "")
    clip = hashlib.sha256("\0".join((bucket, key, version)).encode()).hexdigest()[:40]
    entry = {"Clip": clip, "Footage": f"s3://{bucket}/{key}"}
    known = not changed(
        ledger().put_item, Item=entry, ConditionExpression="attribute_not_exists(Clip)"
    )
    if not thing["size"]:
        note(clip, "attribute_not_exists(Outcome)", Outcome="ERROR", Reason="the file is empty")
        return
    job = None
    if known:
        entry = ledger().get_item(Key={"Clip": clip}, ConsistentRead=True)["Item"]
        if "Job" in entry or "Outcome" in entry:
            return
        # The delivery before this one was cut off, perhaps after it had made the job.
        job = job_of(clip)
    try:
        job = job or make_job(clip, entry["Footage"])
    except ClientError as refusal:
        if code(refusal) != "BadRequestException":
            raise
        note(clip, "attribute_not_exists(Outcome)", Outcome="REFUSED", Reason=str(refusal))
        return
    note(clip, "attribute_not_exists(Job)", Job=job)


def close(detail):
    """The first outcome of a clip stands; whatever comes after it changes nothing."""
    clip = detail.get("userMetadata", {}).get("Clip")
    if clip is None or detail["status"] not in FINAL:
        return
    facts = {"Job": detail["jobId"], "Outcome": detail["status"]}
    if detail["status"] == "ERROR":
        facts["Reason"] = detail.get("errorMessage", "")
    rule = "attribute_exists(Clip) AND attribute_not_exists(Outcome)"
    if not note(clip, rule, **facts) and "Item" not in ledger().get_item(Key={"Clip": clip}):
        raise LookupError(f"no clip {clip} in the ledger")


def make_job(clip, footage):
    """Order an MP4 and a still; the token keeps a repeated order from making a second job."""
    destination = f"s3://{os.environ['DELIVERED']}/{clip}/{pathlib.PurePosixPath(footage).stem}"
    answer = mediaconvert().create_job(
        ClientRequestToken=clip,
        Queue=os.environ["TRANSCODING_QUEUE"],
        Role=os.environ["MEDIACONVERT_ROLE"],
        UserMetadata={"Clip": clip},
        Settings={
            "Inputs": [
                {
                    "FileInput": footage,
                    "AudioSelectors": {"Sound": {"DefaultSelection": "DEFAULT"}},
                }
            ],
            "OutputGroups": [
                {
                    "OutputGroupSettings": {
                        "Type": "FILE_GROUP_SETTINGS",
                        "FileGroupSettings": {"Destination": destination},
                    },
                    "Outputs": [movie(1080, 8_000_000), movie(720, 4_000_000), still()],
                }
            ],
        },
    )
    return answer["Job"]["Id"]


def movie(height, bits):
    h264 = {"RateControlMode": "QVBR", "MaxBitrate": bits, "GopSizeUnits": "AUTO"}
    aac = {"Bitrate": 96_000, "CodingMode": "CODING_MODE_2_0", "SampleRate": 48_000}
    return {
        "NameModifier": f"-{height}",
        "ContainerSettings": {"Container": "MP4"},
        "VideoDescription": {
            "Height": height,
            "CodecSettings": {"Codec": "H_264", "H264Settings": h264},
        },
        "AudioDescriptions": [
            {
                "AudioSourceName": "Sound",
                "CodecSettings": {"Codec": "AAC", "AacSettings": aac},
            }
        ],
    }


def still():
    frame = {"FramerateNumerator": 1, "FramerateDenominator": 1, "MaxCaptures": 1}
    return {
        "NameModifier": "-still",
        "ContainerSettings": {"Container": "RAW"},
        "VideoDescription": {
            "CodecSettings": {"Codec": "FRAME_CAPTURE", "FrameCaptureSettings": frame}
        },
    }


def job_of(clip):
    """The job that was made for a clip, in a queue that has no other jobs than ours."""
    pages = (
        mediaconvert()
        .get_paginator("list_jobs")
        .paginate(Queue=os.environ["TRANSCODING_QUEUE"], Order="DESCENDING")
    )
    for page in pages:
        for job in page["Jobs"]:
            if job.get("UserMetadata", {}).get("Clip") == clip:
                return job["Id"]
    return None


def note(clip, rule, **facts):
    """Write facts on a clip's entry if the rule allows; says whether it did."""
    return changed(
        ledger().update_item,
        Key={"Clip": clip},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in facts),
        ConditionExpression=rule,
        ExpressionAttributeNames={f"#{name}": name for name in facts},
        ExpressionAttributeValues={f":{name}": fact for name, fact in facts.items()},
    )


def changed(write, **arguments):
    try:
        write(**arguments)
    except ClientError as refusal:
        if code(refusal) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def code(refusal):
    return refusal.response["Error"]["Code"]


@functools.cache
def ledger():
    return boto3.resource("dynamodb").Table(os.environ["LEDGER"])


@functools.cache
def mediaconvert():
    return boto3.client("mediaconvert")
