<?php // Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g php -i su.yaml -o su -p invokerPackage=Su
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Su\\": "su/lib"}

$baseUrl = getenv('SU_SANDBOX_BASE_URL');
$tokens = new Su\Api\TokenApi(config: (new Su\Configuration())->setHost($baseUrl));
$http = new GuzzleHttp\Client(['http_errors' => false]);
$domain = base64_encode(getenv('SU_SANDBOX_CLIENT_ID'));

// Su spells `data` in two ways, and the typed response has one of them, so read the raw response.
$request = $tokens->generateAccessTokenRequest($domain, getenv('SU_SANDBOX_CLIENT_SECRET'));
$response = json_decode($http->send($request)->getBody());
$data = $response->data ?? $response->Data ?? null;
if ($data === null) {
    $errors = is_array($response->Errors) ? $response->Errors : [$response->Errors];
    fwrite(STDERR, "su: no token, code {$errors[0]->Code}\n");
    exit(1);
}
$lifetime = ($data->expire_in ?? 0) > 0 ? $data->expire_in : 3600;

// The emulator's echo API stands for the API that you want to use.
$status = $http->get("$baseUrl/echo", ['headers' => ['Authorization' => "Bearer {$data->token}"]])->getStatusCode();
echo "su: a token for $lifetime s, the API responded with $status\n";
