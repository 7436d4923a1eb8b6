<?php // Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g php -i decentro.yaml -o decentro -p invokerPackage=Decentro
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Decentro\\": "decentro/lib"}

$baseUrl = getenv('DECENTRO_SANDBOX_BASE_URL');
$tokens = new Decentro\Api\TokenApi(config: (new Decentro\Configuration())->setHost($baseUrl));
try {
    $reply = $tokens->generateToken(new Decentro\Model\TokenRequest([
        'grant_type' => 'client_credentials',
        'client_id' => getenv('DECENTRO_SANDBOX_CLIENT_ID'),
        'client_secret' => getenv('DECENTRO_SANDBOX_CLIENT_SECRET'),
    ]));
} catch (Decentro\ApiException $refused) {
    fwrite(STDERR, "decentro: no token, code {$refused->getResponseObject()?->getResponseKey()}\n");
    exit(1);
}
$life = $reply->getExpiresIn() > 0 ? $reply->getExpiresIn() : 900;

// The emulator's echo API stands for the API that you want.
$headers = ['Authorization' => "Bearer {$reply->getAccessToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "decentro: a token for $life s, the API answered $status\n";
