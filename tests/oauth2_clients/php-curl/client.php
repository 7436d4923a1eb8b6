<?php // Needs the extension curl
$provider = $argv[1];
$service = getenv('GATEPASS_SERVICE_URL');
$key = trim(file_get_contents(getenv('GATEPASS_SERVICE_KEY_FILE')));

$issuer = "$service/$provider/sandbox";
$curl = curl_init("$issuer/token");
curl_setopt_array($curl, [CURLOPT_USERPWD => "gatepass:$key", CURLOPT_RETURNTRANSFER => true,
    CURLOPT_POSTFIELDS => 'grant_type=client_credentials']);
$token = json_decode(curl_exec($curl));
if (!isset($token->access_token)) {
    fwrite(STDERR, "$provider: " . ($token->error_description ?? curl_error($curl)) . "\n");
    exit(1);
}
$api = curl_init(getenv('API_URL'));
curl_setopt_array($api, [CURLOPT_HTTPAUTH => CURLAUTH_BEARER, CURLOPT_XOAUTH2_BEARER => $token->access_token,
    CURLOPT_RETURNTRANSFER => true]);
curl_exec($api);
$status = curl_getinfo($api, CURLINFO_RESPONSE_CODE);
if ($status == 401) { // the next token is another one
    curl_setopt_array($curl, [CURLOPT_URL => "$issuer/revoke", CURLOPT_POSTFIELDS => http_build_query(['token' => $token->access_token])]);
    curl_exec($curl);
}
echo "$provider: $status\n";
