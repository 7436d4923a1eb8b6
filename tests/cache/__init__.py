"""The cache under stress: the failure scenarios, by file name.

These are the situations in which other token libraries were measured, except for those that need a store
shared between processes, and the test for each:

| situation | test |
|---|---|
| 64 threads, no token yet | test_concurrent_callers.py::test_64_threads_without_a_token_cost_one_token_request |
| 64 threads and three event loops, no token yet | test_concurrent_callers.py::test_threads_and_three_event_loops_without_a_token_cost_one_token_request |
| 64 asyncio or trio tasks, no token yet | test_concurrent_callers.py::test_64_tasks_without_a_token_cost_one_token_request |
| overhead per request, token cached | test_concurrent_callers.py::test_a_cached_token_needs_no_lock_no_thread_and_no_await |
| import, compared with httpx alone | test_startup.py::test_importing_gatepass_adds_fewer_than_40_modules_to_httpx |
| 20 calls during a short lifetime | test_token_lifecycle.py::test_20_calls_within_60_percent_of_the_lifetime_cost_one_token_request |
| rejected credentials, 20 calls | test_rejected_credentials.py::test_20_calls_with_rejected_credentials_cost_one_request |
| rejected credentials, 64 threads at once | test_rejected_credentials.py::test_64_threads_with_rejected_credentials_cost_one_request |
| token revoked, 64 threads get 401 | ../auth/test_an_api_rejects_the_token.py::test_64_callers_with_a_revoked_token_cost_one_new_token |
| API returns 401 for another reason, 20 requests | ../auth/test_an_api_rejects_the_token.py::test_20_requests_to_an_api_that_always_returns_401_cost_two_tokens |
| token endpoint returns 503 while the old token is valid | test_provider_outages.py::test_during_a_503_the_valid_token_is_served_with_one_warning |
| slow token endpoint, async | test_provider_outages.py::test_a_slow_token_endpoint_does_not_block_the_event_loop |
| a second event loop | test_concurrent_callers.py::test_one_credential_works_in_several_event_loops_one_after_another |
| fork during a refresh | test_forks.py::test_fork_during_a_refresh |
| the first of 8 waiters is cancelled | test_cancelled_waiters.py::test_cancelling_the_first_of_8_waiters_cancels_only_that_one |
| `expires_in` missing, "3600", 0, 3600.5 | test_token_lifecycle.py::test_expires_in_missing_zero_fractional_or_a_string |
| sandbox token sent to production (same id and secret) | test_untrusted_hosts.py::test_no_token_is_sent_to_another_environment_with_the_same_id_and_secret |
| secret or token in a repr | test_no_secrets_shown.py::test_no_secret_in_str_repr_and_format |
| secret or token in a DEBUG log | test_no_secrets_shown.py::test_no_secret_in_the_logs_of_every_library_at_debug |
| secret or token in an exception | test_no_secrets_shown.py::test_no_secret_in_an_error_its_causes_its_frames_and_its_pickle |
| 30-per-hour quota, in one process | test_quota.py::test_a_spent_quota_raises_before_any_request_and_says_until_when |

Rejected credentials cost one request for 20 calls or 64 callers, whatever their kind. While the provider
returns 503, the refresh is tried once and again after the back-off.
"""  # noqa: E501
