"""The bare views that every figure is compared with, under the product's own middleware."""

import hashlib
import hmac
import json

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from maritime.urls import urlpatterns as product_urls
from payments import webhook_signature

BYTES = json.dumps({"offers": [{"id": i, "text": "x" * 220} for i in range(24)]}).encode()


def bare(request: HttpRequest) -> HttpResponse:
    """Answer with prepared bytes of a search answer's size."""
    return HttpResponse(BYTES, content_type="application/json")


@csrf_exempt
def bare_webhook(request: HttpRequest) -> HttpResponse:
    """Verify a signature and insert one row: the least that a webhook can do."""
    stamp, signature = request.headers["Stripe-Signature"].split(",v1=")
    signed = stamp.removeprefix("t=").encode() + b"." + request.body
    secret = webhook_signature.demo_secret().encode()
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        return HttpResponse(status=400)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_event (id, body) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [json.loads(request.body)["id"], request.body.decode()],
        )
    return HttpResponse()


urlpatterns = [path("bare", bare), path("bare-webhook", bare_webhook), *product_urls]
