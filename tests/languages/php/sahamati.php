<?php // Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g php -i sahamati.yaml -o sahamati -p invokerPackage=Sahamati
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Sahamati\\": "sahamati/lib"}

$baseUrl = getenv('SAHAMATI_SANDBOX_BASE_URL');
$tokens = new Sahamati\Api\TokenApi(config: (new Sahamati\Configuration())->setHost($baseUrl));
try {
    $response = $tokens->generateEntityToken(getenv('SAHAMATI_SANDBOX_ENTITY_ID'), getenv('SAHAMATI_SANDBOX_SECRET'));
} catch (Sahamati\ApiException $error) {
    fwrite(STDERR, "sahamati: no token, code {$error->getResponseObject()?->getErrorCode()}\n");
    exit(1);
}
$lifetime = $response->getExpiresIn() > 0 ? $response->getExpiresIn() : 86400;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getAccessToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "sahamati: a token for $lifetime s, the API responded with $status\n";
