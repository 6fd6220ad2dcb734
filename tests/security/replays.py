"""The attacks that were found in peers (S37), by number: what is done, and the tests that do it here, which
tests/conftest.py marks as attacks. What no other test does stands in test_replays.py and test_replayed_accounts.py."""

from typing import NamedTuple

IDS = [f"{group}{n}" for group, last in {"A": 16, "B": 12, "C": 7, "D": 9, "E": 12}.items() for n in range(1, last + 1)]


class Replay(NamedTuple):
    """What is tried, the tests that try it (below tests/), and which part of it has no door here."""

    what: str
    tests: tuple[str, ...]
    absent: str = ""


def _in(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{file}.py::test_{name}" for name in names)


_REPLAYS = "security/test_replays"
_REPLAYED = "security/test_replayed_accounts"
_CANARY = (
    _in("security/test_canary", "every_hub_address_is_probed", "nothing_private_leaves_and_nothing_tells_that_it_exists")
    + _in("security/test_rest_canary", "nothing_private_leaves_and_nothing_tells_that_it_exists")
    + _in("security/test_graphql_canary", "nothing_private_leaves_and_nothing_tells_that_it_exists",
          "nothing_private_leaves_along_any_edge")
)  # fmt: skip
_ENDS = _in("security/test_rights_end", "every_door_is_shut")
_FORGED = (
    _in("security/test_graphql", "forged_tokens", "a_forged_token_is_not_helped_by_a_session")
    + _in("accounts/test_tokens", "forged_tokens_do_not_hold") + _in("api/rest/test_conventions", "forged_tokens")
    + _in("live/test_graphql_handshakes", "tokens_that_do_not_hold_are_refused_whatever_else_there_is")
    + _in("live/test_stream", "tokens_that_do_not_hold_are_refused_whatever_else_there_is")
)  # fmt: skip

OBJECTS = {
    "A1": Replay("two ids are sent, one is checked",
        _in("security/test_oracles", "an_id_of_another_hub_is_as_one_that_nobody_has",
            "no_mutation_tells_an_id_of_others_from_one_that_nobody_has")
        + _in("security/test_graphql_canary", "the_victims_ids_name_nothing_elsewhere")),
    "A2": Replay("somebody's entry by way of one's own page",
        _in("security/test_oracles", "an_id_of_another_hub_is_as_one_that_nobody_has",
            "what_is_somebodys_own_is_as_what_nobody_has")
        + _in("security/test_rest_canary", "the_victims_ids_lead_nowhere_from_another_hub"),
        "threads of comments: entries and versions are what pages own"),
    "A3": Replay("an import under a foreign parent",
        _in(_REPLAYS, "nothing_is_imported_beside_ones_own_hub") + _in("exchange/test_import", "rights_come_before_reading")
        + _in("api/rest/test_jobs", "rights_are_asked_for_again_when_it_runs")),
    "A4": Replay("an upload over a foreign file",
        _in(_REPLAYS, "an_upload_takes_no_id_of_a_file") + _in("security/test_rest_canary",
            "the_victims_ids_lead_nowhere_from_another_hub")),
    "A5": Replay("restoring what another deleted",
        _in(_REPLAYS, "who_restores_does_not_own") + _in("security/test_oracles",
            "what_belongs_to_no_hub_tells_nothing_either")),
    "A6": Replay("feeds, logs and notices tell of what is private",
        (*_CANARY, *_in("live/test_canary", "nothing_private_leaves_and_nothing_tells_that_it_exists"),
         *_in("web/test_feeds", "only_for_readers"), *_in("exchange/test_webhooks",
            "who_may_know_no_more_is_told_no_more"))),
    "A7": Replay("search counts and shows what is hidden",
        _in("security/test_canary", "search_finds_and_counts_nothing_private",
            "a_link_shows_what_it_shares_and_nothing_tells_of_more")
        + _in("search/test_search", "what_may_not_be_seen_is_neither_found_nor_counted"),
        "search within a share"),
    "A8": Replay("lists skip the rules of details",
        _in("security/test_rest_canary", "lists_show_what_details_show") + _in("security/test_doors_agree",
            "both_doors_say_the_same")
        + _in("hubs/test_access", "predicate_and_queryset_agree_everywhere")
        + _in("security/test_graphql_canary", "counts_across_hubs_do_not_tell")
        + _in("web/test_chapters", "only_public_hubs_are_in_the_sitemap_and_may_be_indexed")),
    "A9": Replay("the path that was sent is checked, a prefix without its boundary",
        _in("security/test_rest_canary", "the_victims_ids_lead_nowhere_from_another_hub")
        + _in("security/test_shares", "nothing_beyond_it_is_told") + _in("pages/test_actions",
            "move_folder_moves_everything_below_and_nothing_beside")),
    "A10": Replay("exports tell what their reader may not read",
        _in(_REPLAYS, "what_a_text_leads_to_is_told_by_no_export") + _in("exchange/test_export",
            "who_may_not_read_finds_no_hub")
        + _in("web/test_account", "own_data_holds_what_one_wrote_and_nothing_of_others"), "cards of other sites (OG)"),
    "A11": Replay("old revisions, differences, 304s after a change of rights, purges",
        _in("security/test_rights_end", "a_hub_that_is_made_private_is_shut_for_who_is_no_member")
        + _in("security/test_oracles", "an_id_of_another_hub_is_as_one_that_nobody_has")
        + _in("web/test_reading", "raw_answers_not_modified_only_to_readers")
        + _in("pages/test_purging", "a_passage_is_gone_from_everything", "packed_exports_are_gone",
            "topics_and_search_forget")
        + _in("ops/test_backup", "what_was_purged_since_does_not_come_back"), "drafts and snapshots kept by the server"),
    "A12": Replay("what became private stays visible to who has it open",
        _in("security/test_rights_end", "a_hub_that_is_made_private_is_shut_for_who_is_no_member",
            "another_process_shuts_them_too")
        + _in("live/test_stream", "rights_that_end_end_the_stream")
        + _in("live/test_presence", "who_loses_their_rights_is_gone"), "moving a page to another hub"),
    "A13": Replay("people and addresses are listed by proposals",
            _in(_REPLAYS, "nobody_learns_an_address_of_somebody_else")),
    "A14": Replay("an invitation of one place joins another; odd addresses",
        _in("hubs/test_invitations", "an_invitation_of_one_hub_is_revoked_in_no_other",
            "one_that_is_for_an_address_wants_it_proved",
            "what_is_no_address_is_refused", "an_invitation_makes_one_member_and_says_so")
        + _in("accounts/test_actions", "addresses_that_cannot_be")
        + _in("faults/test_joining", "of_many_at_once_one_comes_by_a_link_for_one"), "domains that are let in"),
    "A15": Replay("an export is fetched after the right is gone",
        _in("api/rest/test_jobs", "an_export_is_fetched_while_one_may_read") + _in("web/test_account",
            "own_data_ends_with_the_right_to_read")
        + _in("security/test_oracles", "what_is_somebodys_own_is_as_what_nobody_has")),
    "A16": Replay("share links outlive what they shared",
        _in("security/test_shares", "it_ends_at_once_for_all_it_gave", "what_is_moved_away_and_what_comes_in_its_place",
            "its_answers_are_kept_and_found_by_nobody", "no_other_door_takes_the_secret")
        + _in("security/test_rights_end", "a_link_shows_nothing_more")
        + _in("security/test_secrets", "what_is_in_an_address_is_in_no_log")),
}  # fmt: skip

ACCOUNTS = {
    "B1": Replay("fields that no form shows",
        _in(_REPLAYED, "a_form_sets_nothing_it_does_not_show") + _in("security/test_graphql_canary",
            "what_is_not_declared_is_refused")
        + _in("api/rest/test_conventions", "unknown_fields_are_refused_everywhere")),
    "B2": Replay("roles above one's own; the last owner",
        _in("hubs/test_invitations", "nobody_invites_higher_than_they_may")
        + _in("hubs/test_actions", "who_may_not_change_members", "a_hub_keeps_an_owner")
        + _in("security/test_graphql_canary", "nobody_changes_what_is_not_theirs")
        + _in("faults/test_owners", "of_two_owners_who_leave_at_once_one_stays")),
    "B3": Replay("what a suspended account still has", (
        *_ENDS, *_in("security/test_rights_end", "what_acts_for_somebody_ends_with_their_rights"),
        *_in("security/test_canary", "a_suspended_account_can_do_nothing"),
        *_in(_REPLAYED, "a_link_for_a_new_password_lets_nobody_in_who_was_shut_out"),
        *_in("accounts/test_elsewhere", "a_deactivated_account_stays_out"))),
    "B4": Replay("a refresh token twice",
        _in("accounts/test_tokens", "a_refresh_token_is_good_once", "a_family_ends_after_its_days")
        + _in("faults/test_refreshing", "of_twenty_at_once_exactly_one_succeeds")),
    "B5": Replay("forged tokens", _FORGED),
    "B6": Replay("odd scopes, spellings of addresses, hidden methods",
        _in(_REPLAYED, "what_only_reads_writes_by_no_spelling") + _in("accounts/test_tokens", "what_cannot_be_a_token")
        + _in("security/test_graphql_canary", "a_token_reaches_no_further_than_it_says")
        + _in("hubs/test_access", "they_agree_for_every_token")),
    "B7": Replay("guessing by every door",
        _in("security/test_guessing", "ten_guesses_are_looked_at_by_all_doors_together", "each_door_counts",
            "no_other_door_takes_a_password",
            "the_password_of_a_share_is_guessed_ten_times"), "passwords for once (OTP)"),
    "B8": Replay("headers that only a proxy may send",
        _in(_REPLAYED, "nobody_is_who_a_header_says") + _in("ops/test_bridge",
            "what_only_a_proxy_may_say_is_not_believed_from_others")
        + _in("ops/test_proxies", "from_a_stranger_nothing_is_believed")
        + _in("web/test_continuing", "no_header_says_that_a_request_is_local")),
    "B9": Replay("names are told by time or words",
        _in(_REPLAYED, "who_is_not_there_costs_as_much") + _in("web/test_accounts",
            "wrong_password_and_unknown_name_look_alike",
            "nobody_learns_by_signing_up_which_address_has_an_account")
        + _in("web/test_account", "asking_for_a_new_password_says_the_same_for_everybody")),
    "B10": Replay("another provider's subject, state and addresses",
        _in("accounts/test_elsewhere", "another_state", "the_state_of_another_browser", "a_state_is_good_once",
            "an_id_token_that_nobody_signed", "an_address_alone_gives_nobody_an_account",
            "the_same_subject_of_another_provider_is_somebody_else",
            "an_address_that_is_not_proved_there_is_not_proved_here")),
    "B11": Replay("ways back that lead away",
        _in("security/test_forms", "no_spelling_of_a_way_back_leads_away", "no_address_leads_away")
        + _in("accounts/test_elsewhere", "it_leads_back_to_this_site_alone")),
    "B12": Replay("a session from before signing in; cookies on what is kept",
        _in(_REPLAYED, "a_session_of_before_is_not_that_of_after") + _in("security/test_proxy_cache",
            "nobody_reads_what_another_got")),
}  # fmt: skip

SOCKETS = {
    "C1": Replay("handshakes from elsewhere",
        _in("live/test_stream", "handshakes_from_elsewhere_are_refused_before_they_open",
            "cookies_without_an_origin_are_nobodys")
        + _in("live/test_graphql_handshakes", "handshakes_from_elsewhere_are_refused_before_they_open")),
    "C2": Replay("what is sent before who one is known",
        _in("live/test_graphql", "who_does_not_keep_to_the_protocol_is_told_by_its_codes")
        + _in("live/test_stream", "what_a_client_sends_is_nothing"), "editing together"),
    "C3": Replay("tokens that do not hold open as anybody", _FORGED),
    "C4": Replay("an open socket outlives its rights",
        _in("live/test_stream", "rights_that_end_end_the_stream", "an_access_token_ends_its_stream_when_it_expires")
        + _in("live/test_graphql", "who_may_read_no_longer_hears_nothing_more", "who_is_signed_out_is_told_so")
        + _in("live/test_processes", "without_redis_it_is_slower_and_right", "a_removal_is_obeyed_in_every_process")),
    "C5": Replay("a reader writes by the socket",
        _in("live/test_stream", "what_a_client_sends_is_nothing")
        + _in("live/test_graphql_handshakes",
            "who_only_reads_stores_nothing_and_tells_only_that_they_are_there"), "editing together"),
    "C6": Replay("names of groups are guessed, presence is told to all",
        _in("live/test_canary", "every_socket_is_probed", "no_subscription_tells_more",
            "who_belongs_to_an_open_hub_is_told_to_its_members_only")
        + _in("live/test_presence", "who_is_not_signed_in_is_not_named_and_told_no_names")),
    "C7": Replay("frames too large, too deep, too many",
        _in("live/test_graphql", "who_does_not_keep_to_the_protocol_is_told_by_its_codes",
            "subscriptions_and_connections_are_bounded")
        + _in("live/test_stream", "connections_are_bounded", "who_takes_nothing_is_cut_off_and_goes_on_where_they_were")
        + _in("live/test_frames", "frames_that_are_too_much_end_their_socket_alone")),
}  # fmt: skip

CONTENT = {
    "D1": Replay("texts that run",
        _in("security/test_browser", "nothing_runs_nothing_leaves_nothing_is_refused")
        + _in("markdown/test_safety", "known_attacks_are_text", "any_mixture_of_attacks_is_text",
            "cleaning_twice_changes_nothing",
              "no_address_that_runs_in_any_spelling_survives")
        + _in("security/test_show_me", "nothing_that_was_brought_becomes_markup")),
    "D2": Replay("diagrams that run",
        _in("security/test_sandbox", "nothing_runs_and_nothing_leaves", "the_room_reaches_nothing",
            "a_room_that_was_taken_over_can_answer_nothing_that_runs")),
    "D3": Replay("uploads that run",
        _in("security/test_uploads", "no_file_runs_by_any_address", "the_list_of_addresses_that_give_bytes_is_whole")
        + _in("security/test_uploads_browser", "nothing_that_others_brought_runs")),
    "D4": Replay("hostile words in the head of a page",
        _in("security/test_browser", "nothing_runs_nothing_leaves_nothing_is_refused")
        + _in("architecture/test_dangers", "templates_hold_no_inline_code_and_escape_everything")
        + _in("markdown/test_safety", "values_from_a_resolver_are_escaped")),
    "D5": Replay("an export that fetches",
            _in(_REPLAYS, "doors_that_are_not_there_are_not_there"), "exports as HTML or PDF"),
    "D6": Replay("formulas in tables", _in(_REPLAYS, "doors_that_are_not_there_are_not_there"), "exports as CSV or XLSX"),
    "D7": Replay("titles and names that lead elsewhere when saved",
        _in("security/test_uploads", "no_file_runs_by_any_address", "a_packed_hub_is_saved_not_shown")
        + _in("exchange/test_export", "paths_that_cannot_be_files_are_all_named_first")),
    "D8": Replay("addresses that lead out of the storage",
        _in("security/test_uploads", "no_spelling_leads_out", "what_is_no_path_is_not_stored")
        + _in("security/test_uploads_browser", "no_spelling_leads_out_of_a_real_server")),
    "D9": Replay("texts that are templates", _in(_REPLAYS, "a_text_is_no_template"), "pages that take in others"),
}  # fmt: skip

ABUSE = {
    "E1": Replay("names in archives", _in("security/test_archives", "a_bad_name_in_a_zip", "a_bad_name_in_a_tar",
            "a_tar_entry_that_is_no_plain_file",
        "one_bad_entry_of_a_zip") + _in("exchange/test_import", "twins_by_case_and_by_normal_form_are_two")),
    "E2": Replay("archives that explode", _in("security/test_archives", "an_archive_that_is_refused",
            "the_overlap_bomb_is_real",
        "memory_and_work_stay_bounded", "nested_archives_are_files")),
    "E3": Replay("repositories and their addresses",
        _in("security/test_git_sources", "what_is_no_public_https_address",
            "hooks_filters_links_submodules_and_pointers_do_nothing",
            "tree_entries_that_lead_elsewhere", "a_pack_that_does_harm", "alternates_and_includes_lead_nowhere_that_hurts",
            "a_server_that_does_not_play_fair")),
    "E4": Replay("requests to places within",
        _in("security/test_addresses", "no_spelling_is_connected_to",
            "a_name_that_changes_its_address_is_connected_to_as_checked")
        + _in("security/test_webhook_addresses", "no_spelling_is_connected_to", "no_spelling_is_saved",
            "a_redirect_leads_nowhere")
        + _in("security/test_show_me", "no_private_place_is_asked")),
    "E5": Replay("receivers of webhooks that do harm",
        _in("exchange/test_webhooks", "a_bad_receiver_costs_little", "a_slow_receiver_delays_no_other",
            "a_receiver_can_prove_that_it_was_us",
            "it_is_switched_off_after_days_of_failures_and_goes_on_where_it_stopped")
        + _in("api/rest/test_webhooks", "no_answer_but_the_first_has_a_secret")),
    "E6": Replay("what a cache keeps for another",
        _in("security/test_proxy_cache", "nobody_reads_what_another_got", "a_proxy_that_keeps_everything_is_seen")
        + _in("architecture/test_dangers", "it_is_not_done") + _in("hubs/test_caching",
            "nobody_is_given_what_was_made_with_other_rights")),
    "E7": Replay("front matter that explodes, stored before",
        _in("security/test_poison", "what_an_older_release_stored_harms_nobody",
            "a_server_starts_with_it_and_answers_others")),
    "E8": Replay("texts that take long",
        _in("markdown/test_bounds", "twice_the_text_is_about_twice_the_work", "large_hostile_texts_come_through")
        + _in("security/test_long_texts", "only_few_long_texts_are_shown_at_once_and_short_ones_always",
            "what_stands_beside_a_text_is_bounded")),
    "E9": Replay("bodies and heads that are too much",
        _in("security/test_bodies", "nothing_that_is_sent_at_once_is_a_defect",
            "what_never_ends_is_ended_or_holds_nobody_up",
            "chunks_without_end_end") + _in("api/rest/test_conventions", "a_body_that_cannot_be_taken")),
    "E10": Replay("queries that ask for too much",
        _in("security/test_graphql", "refused_before_it_runs", "by_variables_too",
            "a_request_of_another_kind_is_refused", "only_post_asks",
            "a_session_needs_its_csrf_token", "introspection_can_be_closed")),
    "E11": Replay("signs that mean all, filters along relations",
        _in(_REPLAYS, "a_query_has_no_signs_that_mean_all", "no_list_is_narrowed_by_what_is_not_named")
        + _in("search/test_language", "any_mixture_of_operators_is_a_query", "a_query_is_bounded")
        + _in("api/rest/test_conventions", "unknown_parameters_are_refused")),
    "E12": Replay("pictures that explode",
        _in("web/test_images", "by_the_bytes_alone") + _in(_REPLAYS, "doors_that_are_not_there_are_not_there"),
        "decoding: nothing opens a picture, and files come back byte for byte, with what their cameras wrote into them"),
}  # fmt: skip

REPLAYS: dict[str, Replay] = {**OBJECTS, **ACCOUNTS, **SOCKETS, **CONTENT, **ABUSE}
