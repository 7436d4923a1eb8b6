<?php // Needs ./sahamatilegacy, made by: openapi-generator-cli generate --skip-validate-spec -g php -i sahamatilegacy.yaml -o sahamatilegacy -p invokerPackage=Sahamatilegacy
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Sahamatilegacy\\": "sahamatilegacy/lib"}

$baseUrl = getenv('SAHAMATILEGACY_SANDBOX_BASE_URL');
$configuration = (new Sahamatilegacy\Configuration())->setHost($baseUrl)
    ->setUsername(getenv('SAHAMATILEGACY_SANDBOX_ENTITY_ID'))->setPassword(getenv('SAHAMATILEGACY_SANDBOX_SECRET'));
$tokens = new Sahamatilegacy\Api\TokenApi(config: $configuration);
try {
    $response = $tokens->requestToken('client_credentials', 'openid');
} catch (Sahamatilegacy\ApiException $error) {
    fwrite(STDERR, "sahamatilegacy: no token, code {$error->getResponseObject()?->getError()}\n");
    exit(1);
}
$lifetime = $response->getExpiresIn() > 0 ? $response->getExpiresIn() : 86400;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getAccessToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "sahamatilegacy: a token for $lifetime s, the API responded with $status\n";
