"""`/account/continue-as/`."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from nexus.base.errors import NotFound
from nexus.web.continuing import is_local, sample_person


@csrf_exempt
def continue_as(request: HttpRequest) -> HttpResponse:
    """Signs in as somebody of the sample. Wherever that is not allowed, the address does not exist.

    Exempt, so that a form without its token is answered as at an absent address too; where there is something to
    protect, `_continued` asks for it.
    """
    if request.method != "POST" or not is_local(request):
        raise NotFound
    return _continued(request)


@csrf_protect
def _continued(request: HttpRequest) -> HttpResponse:
    user = sample_person(request, request.POST.get("username", ""))
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    target = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if inside else "start")
