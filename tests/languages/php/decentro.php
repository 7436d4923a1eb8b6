<?php // Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g php -i decentro.yaml -o decentro -p invokerPackage=Decentro
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Decentro\\": "decentro/lib"}

$baseUrl = getenv('DECENTRO_SANDBOX_BASE_URL');
$tokens = new Decentro\Api\TokenApi(config: (new Decentro\Configuration())->setHost($baseUrl));
try {
    $response = $tokens->generateToken(new Decentro\Model\TokenRequest([
        'grant_type' => 'client_credentials',
        'client_id' => getenv('DECENTRO_SANDBOX_CLIENT_ID'),
        'client_secret' => getenv('DECENTRO_SANDBOX_CLIENT_SECRET'),
    ]));
} catch (Decentro\ApiException $error) {
    fwrite(STDERR, "decentro: no token, code {$error->getResponseObject()?->getResponseKey()}\n");
    exit(1);
}
$lifetime = $response->getExpiresIn() > 0 ? $response->getExpiresIn() : 900;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getAccessToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "decentro: a token for $lifetime s, the API responded with $status\n";
