<?php // Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g php -i singleview.yaml -o singleview -p invokerPackage=Singleview
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Singleview\\": "singleview/lib"}

$baseUrl = getenv('SINGLEVIEW_SANDBOX_BASE_URL');
$tokens = new Singleview\Api\TokenApi(config: (new Singleview\Configuration())->setHost($baseUrl));
try {
    $response = $tokens->generateToken(new Singleview\Model\TokenRequest([
        'grant_type' => 'client_credentials',
        'client_id' => getenv('SINGLEVIEW_SANDBOX_CLIENT_ID'),
        'client_code' => getenv('SINGLEVIEW_SANDBOX_CLIENT_CODE'),
        'merchant_id' => getenv('SINGLEVIEW_SANDBOX_MERCHANT_ID'),
    ]));
} catch (Singleview\ApiException $error) {
    fwrite(STDERR, "singleview: no token, code {$error->getResponseObject()?->getErrorCode()}\n");
    exit(1);
}
if (!$response->getSuccess()) { // a rejection may be a 200
    fwrite(STDERR, "singleview: no token, code {$response->getErrorCode()}\n");
    exit(1);
}
$lifetime = $response->getPayload()->getExpiresIn() > 0 ? $response->getPayload()->getExpiresIn() : 3600;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getPayload()->getAccessToken()}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "singleview: a token for $lifetime s, the API responded with $status\n";
